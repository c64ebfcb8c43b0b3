/* The tables: every option and every command. */
#include "tools/imprint/command.h"

#define JSON CLI_BIT(CLI_OPT_JSON)

const struct cli_option cli_options[CLI_OPTIONS] = {
    [CLI_OPT_HOME] = {"--home", "DIR", false, "the home to work on (default: $IMPRINT_HOME)"},
    [CLI_OPT_PASSPHRASE_FILE] = {"--passphrase-file", "FILE", false,
                                 "read the home's passphrase from FILE (- = standard input)"},
    [CLI_OPT_JSON] = {"--json", NULL, false, "print JSON; lists print one object a line"},
    [CLI_OPT_HELP] = {"--help", NULL, false, "explain the command and exit"},
    [CLI_OPT_VERSION] = {"--version", NULL, false, "print the version and exit"},
    [CLI_OPT_PASSPHRASE] = {"--passphrase", NULL, false,
                            "ask for a passphrase, twice, and seal the home with it"},
    [CLI_OPT_AUTH] = {"--auth", "psk", false, "how the device proves who it is"},
    [CLI_OPT_PSK_FILE] = {"--psk-file", "FILE", false,
                          "take the key from FILE (- = standard input) instead of minting one"},
    [CLI_OPT_PSK_FORMAT] = {"--psk-format", "FORMAT", false,
                            "how the key is written in FILE: hex (default), base64 or raw"},
    [CLI_OPT_IDENTITY] = {"--identity", "TEXT", false, "the PSK identity, 1 to 128 octets"},
    [CLI_OPT_IDENTITY_HEX] = {"--identity-hex", "HEX", false,
                              "the PSK identity in hex, for one that is not text"},
    [CLI_OPT_BYTES] = {"--bytes", "N", false, "octets of a minted key, 8 to 64 (default 16)"},
    [CLI_OPT_GROUP] = {"--group", "NAME", false, "the device's group (\"\" = none)"},
    [CLI_OPT_ATTR] = {"--attr", "NAME=VALUE", true, "an attribute of the device; may be repeated"},
    [CLI_OPT_NO_ATTR] = {"--no-attr", "NAME", true, "take the attribute away; may be repeated"},
    [CLI_OPT_POLICY] = {"--policy", "NAME", false,
                        "use this policy whatever the matches say (\"\" = by the matches)"},
    [CLI_OPT_AFTER] = {"--after", "ENDPOINT", false, "begin behind this endpoint"},
    [CLI_OPT_FROM] = {"--from", "N", false, "begin at record N (default 1)"},
    [CLI_OPT_LIMIT] = {"--limit", "N", false, "print at most N"},
    [CLI_OPT_OUT] = {"--out", "FILE", false,
                     "write to FILE, mode 0600 (- = standard output); an existing file is kept"},
    [CLI_OPT_FORCE] = {"--force", NULL, false, "replace an existing FILE"},
    [CLI_OPT_SERVER] = {"--server", "ID", false, "short server ID, 1 to 65534"},
    [CLI_OPT_AGAINST] = {"--against", "FILE", false,
                         "what the device shows: its Discover answer (- = standard input)"},
    [CLI_OPT_READ_SERVERS] = {"--read-servers", "FILE", false,
                              "what it answers to a Read of /1; needs --against"},
    [CLI_OPT_READ_ACCESS] = {"--read-access", "FILE", false,
                             "what it answers to a Read of /2; needs --against"},
    [CLI_OPT_READ_FORMAT] = {"--read-format", "FORMAT", false,
                             "the content format of these answers (default senml-json)"},
    [CLI_OPT_HEX] = {"--hex", NULL, false,
                     "print the octets of each Write in hex; those of secrets as .."},
    [CLI_OPT_SHOW_SECRETS] = {"--show-secrets", NULL, false,
                              "with --hex: print those of secrets too, and leave an audit record"},
    [CLI_OPT_OBJECTS] = {"--objects", "DIR", false,
                         "object definitions in XML (default: as the home's settings say)"},
    [CLI_OPT_SHARE] = {"--share", "PERCENT", false,
                       "the share of the devices that takes part, as 5% or 0.5%"},
    [CLI_OPT_MODE] = {"--mode", "MODE", false,
                      "what the credential is: psk (default), rpk, x509, oscore or sms"},
    [CLI_OPT_SECRET_FILE] = {"--secret-file", "FILE", false,
                             "its secret octets: a private key (PKCS#8, DER), a master secret, the "
                             "keys of the SMS binding"},
    [CLI_OPT_PUBLIC_FILE] = {"--public-file", "FILE", false,
                             "its public octets: a certificate or public key (DER), a master salt"},
    [CLI_OPT_SENDER_HEX] = {"--sender-hex", "HEX", false, "OSCORE: the device's sender ID"},
    [CLI_OPT_RECIPIENT_HEX] = {"--recipient-hex", "HEX", false, "OSCORE: the server's sender ID"},
    [CLI_OPT_LESHAN] = {"--leshan", "FILE", true,
                        "Leshan's bootstrap configurations or credentials, JSON; may be repeated"},
    [CLI_OPT_STORE] = {"--store", NULL, false,
                       "put devices and secrets into the home's store, all or nothing"},
    [CLI_OPT_PARTIAL] =
        {"--partial", NULL, false,
         "import what can be, and leave the rest out; without --store the secrets too"},
    [CLI_OPT_FORMAT] = {"--format", "FORMAT", false,
                        "the content format that the device asks for: tlv, senml-json, "
                        "senml-cbor, lwm2m-cbor or json"},
    [CLI_OPT_COUNT] = {"--count", "N", false, "end after N messages"},
};

#define KEY_OPTIONS                                                                                \
    (CLI_BIT(CLI_OPT_PSK_FILE) | CLI_BIT(CLI_OPT_PSK_FORMAT) | CLI_BIT(CLI_OPT_IDENTITY) |         \
     CLI_BIT(CLI_OPT_IDENTITY_HEX))
#define DEVICE_OPTIONS (CLI_BIT(CLI_OPT_GROUP) | CLI_BIT(CLI_OPT_ATTR) | CLI_BIT(CLI_OPT_POLICY))

/* What a device shows. */
#define SHOWN_OPTIONS                                                                              \
    (CLI_BIT(CLI_OPT_AGAINST) | CLI_BIT(CLI_OPT_READ_SERVERS) | CLI_BIT(CLI_OPT_READ_ACCESS) |     \
     CLI_BIT(CLI_OPT_READ_FORMAT) | CLI_BIT(CLI_OPT_FORMAT) | CLI_BIT(CLI_OPT_OBJECTS))

const struct cli_command cli_commands[] = {
    {"init", "", 0, 0, CLI_BIT(CLI_OPT_PASSPHRASE), CLI_STORE_NONE,
     "make a home: the sealed store, a policy, the daemon's settings",
     "The home must not exist, or be an empty folder. Without a passphrase the store is sealed "
     "with the\n"
     "key file home.key inside the home; with one, nothing in the home opens it.",
     cli_init},

    {"device add", "ENDPOINT", 1, 1,
     KEY_OPTIONS | DEVICE_OPTIONS | CLI_BIT(CLI_OPT_AUTH) | CLI_BIT(CLI_OPT_BYTES) | JSON,
     CLI_STORE_WRITE, "add a device; its key is minted, or taken from --psk-file",
     "Without --identity or --identity-hex the PSK identity is the endpoint. The key itself is "
     "never\n"
     "printed: see imprint device export.",
     cli_device_add},
    {"device list", "", 0, 0,
     CLI_BIT(CLI_OPT_GROUP) | CLI_BIT(CLI_OPT_AFTER) | CLI_BIT(CLI_OPT_LIMIT) | JSON,
     CLI_STORE_READ, "list the devices in the order of their endpoints", NULL, cli_device_list},
    {"device show", "ENDPOINT", 1, 1, JSON, CLI_STORE_READ,
     "show a device, its credentials and its last bootstraps; no secret", NULL, cli_device_show},
    {"device set", "ENDPOINT", 1, 1, KEY_OPTIONS | DEVICE_OPTIONS | CLI_BIT(CLI_OPT_NO_ATTR),
     CLI_STORE_WRITE, "change a device's group, attributes, policy, identity or key", NULL,
     cli_device_set},
    {"device enable", "ENDPOINT", 1, 1, 0, CLI_STORE_WRITE, "let a disabled device in again", NULL,
     cli_device_enable},
    {"device disable", "ENDPOINT", 1, 1, 0, CLI_STORE_WRITE,
     "keep a device out without forgetting it", NULL, cli_device_disable},
    {"device remove", "ENDPOINT", 1, 1, 0, CLI_STORE_WRITE,
     "forget a device, its credentials and its history", NULL, cli_device_remove},
    {"device export", "ENDPOINT", 1, 1, CLI_BIT(CLI_OPT_OUT) | CLI_BIT(CLI_OPT_FORCE) | JSON,
     CLI_STORE_RECORD, "write out a device's secrets: the one place where they leave the home",
     "To a file of mode 0600 with --out FILE; to standard output only when asked for, by --out - "
     "or\n"
     "--json without --out. imprint-sim reads the JSON form with --credentials. Each export leaves "
     "a\n"
     "record in the audit chain.",
     cli_device_export},
    {"device unknown", "", 0, 0, CLI_BIT(CLI_OPT_LIMIT) | JSON, CLI_STORE_READ,
     "list the identities and endpoints that knocked and were not known", NULL, cli_device_unknown},
    {"device credential set", "ENDPOINT", 1, 1,
     KEY_OPTIONS | CLI_BIT(CLI_OPT_SERVER) | CLI_BIT(CLI_OPT_MODE) | CLI_BIT(CLI_OPT_SECRET_FILE) |
         CLI_BIT(CLI_OPT_PUBLIC_FILE) | CLI_BIT(CLI_OPT_SENDER_HEX) |
         CLI_BIT(CLI_OPT_RECIPIENT_HEX),
     CLI_STORE_WRITE, "store the credential that a device shall use with an LwM2M server",
     "For policies that say `stored`. Needs --server and, for --mode psk, --psk-file and an "
     "identity; for rpk\n"
     "and x509 --secret-file and --public-file; for oscore --secret-file, --sender-hex and "
     "--recipient-hex; for\n"
     "sms --secret-file and --identity-hex.",
     cli_device_credential_set},
    {"device credential list", "ENDPOINT", 1, 1, JSON, CLI_STORE_READ,
     "list the credentials of a device, all states; no secret", NULL, cli_device_credential_list},

    {"policy check", "[PATH]", 0, 1, CLI_BIT(CLI_OPT_OBJECTS) | JSON, CLI_HOME_NONE,
     "check a policy file or folder (default: the home's) and report every problem",
     "Prints file:line:column: error: text for each. Exit 1 when there is an error.",
     cli_policy_check},
    {"policy list", "", 0, 0, CLI_BIT(CLI_OPT_OBJECTS) | JSON, CLI_STORE_NONE,
     "list the policies in the order of matching", NULL, cli_policy_list},
    {"policy plan", "ENDPOINT", 1, 1,
     SHOWN_OPTIONS | CLI_BIT(CLI_OPT_HEX) | CLI_BIT(CLI_OPT_SHOW_SECRETS) | JSON, CLI_STORE_RECORD,
     "show the very operations that the daemon would send; secrets as lengths",
     "With --against the plan is the difference between what the device shows and what the policy "
     "wants;\n"
     "without, it is made as for a device that does not answer Discover. Nothing is stored: a "
     "credential\n"
     "shown as minted is minted anew at the bootstrap.",
     cli_policy_plan},
    {"policy explain", "ENDPOINT", 1, 1, SHOWN_OPTIONS | JSON, CLI_STORE_READ,
     "show which policies and overlays fit a device, and what keeps the others from it", NULL,
     cli_policy_explain},
    {"policy test", "[PATH]", 0, 1, CLI_BIT(CLI_OPT_OBJECTS) | JSON, CLI_HOME_NONE,
     "run the cases beside the policies (default: the home's) and tell what is not as expected",
     "PATH is a file NAME.cases.yaml or a folder of them. A case says who comes, what it shows, "
     "and "
     "what the\n"
     "policies must make of it; NAME.cases.yaml tests NAME.yaml, unless it names another file or "
     "folder.\n"
     "Keys are minted without randomness. Exit 1 when a case fails.",
     cli_policy_test},
    {"policy import", "", 0, 0,
     CLI_BIT(CLI_OPT_LESHAN) | CLI_BIT(CLI_OPT_STORE) | CLI_BIT(CLI_OPT_PARTIAL) |
         CLI_BIT(CLI_OPT_OUT) | CLI_BIT(CLI_OPT_FORCE) | JSON,
     CLI_HOME_NONE, "make policies of another bootstrap server's configurations",
     "Devices with equal configurations get one policy, and with --store one group, by which it "
     "finds\n"
     "them. Secrets go to the home's store with --store, never into the policy file; certificates "
     "and\n"
     "public keys of servers go beside --out FILE, whose name all names begin with. What cannot "
     "be\n"
     "expressed is told with file and JSON path, and nothing is imported then unless --partial is "
     "given.",
     cli_policy_import},
    {"policy schema", "", 0, 0, 0, CLI_HOME_NONE,
     "print the JSON Schema of policy files, for editors", NULL, cli_policy_schema},

    {"rollout start", "NAME", 1, 1, CLI_BIT(CLI_OPT_SHARE) | CLI_BIT(CLI_OPT_OBJECTS) | JSON,
     CLI_STORE_WRITE, "begin the rollout that an overlay of the policies names",
     "Share and pause rule are the overlay's; --share takes another share. One that is aborted "
     "begins\n"
     "anew, with all counts at 0.",
     cli_rollout_start},
    {"rollout status", "[NAME]", 0, 1, JSON, CLI_STORE_READ,
     "show the rollouts: state, share, devices, outcomes", NULL, cli_rollout_status},
    {"rollout pause", "NAME", 1, 1, 0, CLI_STORE_WRITE,
     "let no further device take part; those that did stay as they are", NULL, cli_rollout_pause},
    {"rollout resume", "NAME", 1, 1, CLI_BIT(CLI_OPT_SHARE), CLI_STORE_WRITE,
     "go on with a rollout, perhaps with another share; its pause rule looks back no further", NULL,
     cli_rollout_resume},
    {"rollout abort", "NAME", 1, 1, 0, CLI_STORE_WRITE, "end a rollout; start begins it anew", NULL,
     cli_rollout_abort},

    {"client list", "", 0, 0, JSON, CLI_HOME_NONE,
     "list the kinds of client that are known by what they send: for `kind` in policies", NULL,
     cli_client_list},

    {"status", "", 0, 0, JSON, CLI_STORE_NONE, "show the state of the running daemon", NULL,
     cli_daemon_status},
    {"trace", "[ENDPOINT|ADDRESS]", 0, 1, CLI_BIT(CLI_OPT_COUNT) | JSON, CLI_STORE_NONE,
     "show the messages of the running daemon as they pass; secrets as lengths",
     "With an endpoint or an address, only the sessions of that device. Ends with the daemon, "
     "after\n"
     "--count messages, or when interrupted.",
     cli_trace},
    {"reload", "", 0, 0, JSON, CLI_STORE_NONE,
     "have the daemon read its policies and settings again, whole or not at all", NULL,
     cli_daemon_reload},
    {"drain", "", 0, 0, JSON, CLI_STORE_NONE,
     "have the daemon finish the running bootstraps, take no new one, and end", NULL,
     cli_daemon_drain},
    {"kick", "ENDPOINT", 1, 1, JSON, CLI_STORE_NONE, "have the daemon end a device's session", NULL,
     cli_daemon_kick},

    {"audit", "", 0, 0, CLI_BIT(CLI_OPT_FROM) | CLI_BIT(CLI_OPT_LIMIT) | JSON, CLI_STORE_READ,
     "print who changed what and when, and verify the chain of these records", NULL, cli_audit},
    {"home stats", "", 0, 0, JSON, CLI_STORE_READ, "count what the home holds", NULL,
     cli_home_stats},
    {"completion", "SHELL", 1, 1, 0, CLI_HOME_NONE, "print a completion script for the shell",
     "SHELL is bash: source <(imprint completion bash)", cli_completion},
    {"help", "[WORD]...", 0, 3, 0, CLI_HOME_NONE, "list the commands, or explain one", NULL,
     cli_help},
};

const size_t cli_command_count = sizeof cli_commands / sizeof cli_commands[0];
