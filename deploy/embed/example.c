/*
 * example.c - a program that ships its own files with libshipper.
 *
 *     example CONFIG FORMAT FILE   ships FILE and tells what became of it
 *     example CONFIG SECONDS       runs the configured inputs for that long
 *
 * Build: cc example.c $(pkg-config --cflags --static --libs alpex-shipper)
 */
#include <inttypes.h>
#include <pthread.h>
#include <shipper.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int ship(struct shipper *shipper, const char *format, const char *path)
{
    struct shipper_counts counts = {0};
    char error[SHIPPER_ERROR_MAX] = "";
    enum shipper_status status =
        shipper_process_file(shipper, path, format, NULL, &counts, error);

    printf("%" PRIu64 " lines, %" PRIu64 " records, %" PRIu64 " not understood\n", counts.lines,
           counts.records, counts.unparsed);
    if (status != SHIPPER_OK)
        fprintf(stderr, "example: %s\n", error);
    return status;
}

struct timer {
    struct shipper *shipper;
    unsigned seconds;
};

static void *stop_later(void *arg)
{
    const struct timer *timer = arg;

    sleep(timer->seconds);
    shipper_stop(timer->shipper);
    return NULL;
}

static int run(struct shipper *shipper, const char *seconds)
{
    struct timer timer = {shipper, (unsigned)strtoul(seconds, NULL, 10)};
    char error[SHIPPER_ERROR_MAX] = "";
    enum shipper_status status;
    pthread_t thread;

    if (pthread_create(&thread, NULL, stop_later, &timer) != 0)
        return SHIPPER_FAILED;
    status = shipper_run(shipper, error);
    pthread_join(thread, NULL);
    if (status != SHIPPER_OK)
        fprintf(stderr, "example: %s\n", error);
    return status;
}

int main(int argc, char **argv)
{
    char error[SHIPPER_ERROR_MAX] = "";
    struct shipper *shipper;
    enum shipper_status status;

    if (argc < 3) {
        fputs("usage: example CONFIG FORMAT FILE | example CONFIG SECONDS\n", stderr);
        return SHIPPER_BAD_CONFIG;
    }
    signal(SIGPIPE, SIG_IGN);
    status = shipper_open(argv[1], NULL, &shipper, error);
    if (status != SHIPPER_OK) {
        fprintf(stderr, "example: %s\n", error);
        return status;
    }
    status = argc > 3 ? ship(shipper, argv[2], argv[3]) : run(shipper, argv[2]);
    shipper_close(shipper);
    return status;
}
