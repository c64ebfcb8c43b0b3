/* imprintd: the bootstrap daemon. See docs/man/imprintd.8. */
#include "bootstrap/coap/address.h"
#include "bootstrap/server/daemon.h"
#include "pki/secret.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };

enum option_id { OPT_HOME = 256, OPT_LISTEN, OPT_WORKERS, OPT_PLAIN, OPT_PASSPHRASE, OPT_VERSION };

static const struct option long_options[] = {
    {"home", required_argument, NULL, OPT_HOME},
    {"listen", required_argument, NULL, OPT_LISTEN},
    {"workers", required_argument, NULL, OPT_WORKERS},
    {"allow-plain-secrets", no_argument, NULL, OPT_PLAIN},
    {"passphrase-file", required_argument, NULL, OPT_PASSPHRASE},
    {"check", no_argument, NULL, 'n'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

static const char usage[] =
    "usage: imprintd --home HOME [options]\n"
    "\n"
    "  --home HOME              the home made by `imprint init`; else $IMPRINT_HOME\n"
    "  --listen URI             coaps://address[:port], coaps+tcp://, coap:// or coap+tcp://; "
    "repeat for\n"
    "                           more; replaces the settings' listeners\n"
    "  --workers N              threads, 1..64; replaces the settings' number\n"
    "  --allow-plain-secrets    send secrets over coap:// and coap+tcp:// listeners too (lab "
    "only)\n"
    "  --passphrase-file FILE   the home's passphrase, one line; - reads standard input\n"
    "  -n, --check              check settings, policies and store, then exit\n"
    "  -h, --help\n"
    "  --version\n";

#define SEE_HELP "see: imprintd --help\n"

static int wrong(const char *what, const char *value)
{
    fprintf(stderr, "imprintd: %s: %s\n" SEE_HELP, what, value);
    return EXIT_USAGE;
}

/* 0, or the exit code of a usage error. */
static int take_workers(const char *text, struct bs_overrides *overrides)
{
    char *end = NULL;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (errno || *end || end == text || number < 1 || number > 64)
        return wrong("--workers takes a number from 1 to 64, not", text);
    overrides->workers = (unsigned)number;
    return 0;
}

static int take_listen(const char *uri, struct bs_overrides *overrides)
{
    struct cc_uri parsed;
    if (overrides->listen_count == POLICY_LISTENERS_MAX)
        return wrong("--listen", "too many listeners");
    if (cc_uri_parse(uri, &parsed) != CC_OK)
        return wrong(
            "--listen takes coaps://ADDRESS[:PORT], coaps+tcp://, coap:// or coap+tcp://, not",
            uri);
    overrides->listen[overrides->listen_count++] = uri;
    return 0;
}

static int take_option(int option, struct bs_daemon_options *options)
{
    switch (option) {
    case OPT_HOME:
        options->home = optarg;
        return 0;
    case OPT_LISTEN:
        return take_listen(optarg, &options->overrides);
    case OPT_WORKERS:
        return take_workers(optarg, &options->overrides);
    case OPT_PLAIN:
        options->overrides.allow_plain_secrets = true;
        return 0;
    case OPT_PASSPHRASE:
        options->passphrase_file = optarg;
        return 0;
    case 'n':
        options->is_check = true;
        return 0;
    default:
        fputs(SEE_HELP, stderr); /* getopt has said what is wrong */
        return EXIT_USAGE;
    }
}

int main(int argc, char **argv)
{
    struct bs_daemon_options options = {.home = getenv("IMPRINT_HOME")};
    int option;
    while ((option = getopt_long(argc, argv, "nh", long_options, NULL)) != -1) {
        if (option == 'h' || option == OPT_VERSION) {
            fputs(option == 'h' ? usage : "imprintd " IMPRINT_VERSION "\n", stdout);
            return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
        }
        int code = take_option(option, &options);
        if (code)
            return code;
    }
    if (optind < argc)
        return wrong("unexpected argument", argv[optind]);
    if (!options.home || !options.home[0])
        return wrong("no home", "give --home HOME or set IMPRINT_HOME");
    if (access(options.home, F_OK) != 0) {
        fprintf(stderr, "imprintd: %s: %s; make a home with: imprint --home %s init\n",
                options.home, strerror(errno), options.home);
        return EXIT_FAILURE;
    }
    if (pki_secret_setup() != PKI_OK) {
        fprintf(stderr, "imprintd: the cryptographic library could not be initialised\n");
        return EXIT_FAILURE;
    }
    return bs_daemon_run(&options);
}
