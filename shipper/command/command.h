/*
 * command.h - the commands of the shipper. Each returns the exit code.
 */
#ifndef SHIPPER_COMMAND_H
#define SHIPPER_COMMAND_H

struct program;

/* `shipper run`: the agent, in the foreground. */
int run_command(const struct program *program, int argc, char **argv);

/* `shipper ship`: whole files to Kafka, and the end. */
int ship_command(const struct program *program, int argc, char **argv);

/* `shipper parse`: lines in, JSON records out; needs no service. */
int parse_command(const struct program *program, int argc, char **argv);

/* `shipper status`: what the running agent does. */
int status_command(const struct program *program, int argc, char **argv);

/* `shipper formats`: what can be given as format. */
int formats_command(const struct program *program, int argc, char **argv);

#endif
