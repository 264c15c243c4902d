/*
 * parse_command.h - `shipper parse`: lines in, JSON records out.
 */
#ifndef SHIPPER_PARSE_COMMAND_H
#define SHIPPER_PARSE_COMMAND_H

int parse_command(int argc, char **argv);

/* The dataset that files of this format belong to by default: nginx-combined is nginx.access. */
const char *dataset_of_format(const char *format);

#endif
