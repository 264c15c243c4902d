/*
 * command.h - the commands of the shipper that are more than a screen. Each returns the exit code.
 */
#ifndef SHIPPER_COMMAND_H
#define SHIPPER_COMMAND_H

struct program;

/* `shipper parse`: lines in, JSON records out; needs no service. */
int parse_command(const struct program *program, int argc, char **argv);

/* `shipper formats`: what can be given as format. */
int formats_command(const struct program *program, int argc, char **argv);

#endif
