/*
 * Leshan's bootstrap configuration and its list of credentials, as JSON, made into policies,
 * devices and stored credentials.
 *
 * Model. Documents are borrowed as parsed. cli_leshan_list finds the endpoints; cli_leshan_read
 * turns what one endpoint has into a struct of plain values, one endpoint at a time, so that
 * secrets are held once besides the document. cli_leshan_pair finds which security, server and
 * OSCORE instances belong together and names every contradiction; cli_leshan_policy describes the
 * endpoint to a book of policies, in which equal ones meet; cli_leshan_book_write writes them as
 * YAML; cli_leshan_device and cli_leshan_credentials give what a store takes.
 *
 * All of it is pure: no files, no store, no printing. Problems go to the report, each with the file
 * and the place in it; values of secrets never do. Whoever reads wipes (cli_leshan_config_wipe).
 */
#ifndef CLI_LESHAN_H
#define CLI_LESHAN_H

#include "bootstrap/lwm2m/json.h"
#include "pki/record.h"

#include <stdio.h>

/* Bounds of what is read. */
#define CLI_LESHAN_FILE_OCTETS (32u << 20)
#define CLI_LESHAN_FILES       8
#define CLI_LESHAN_ENDPOINTS   20000
#define CLI_LESHAN_INSTANCES                                                                       \
    32 /* of one object and endpoint: as many servers as a policy takes                            \
        */
#define CLI_LESHAN_ACLS        256
#define CLI_LESHAN_RIGHTS      33 /* of one entry: a server each, and the default */
#define CLI_LESHAN_DELETES     64
#define CLI_LESHAN_FIELDS      24                         /* resources of an instance */
#define CLI_LESHAN_POOL        32768                      /* octets of all values of one endpoint */
#define CLI_LESHAN_CREDENTIALS (3 * CLI_LESHAN_INSTANCES) /* key, OSCORE and SMS */

/* Where in the documents something stands; any but FILE may be NULL. */
struct cli_leshan_place {
    const char *file;
    const char *endpoint;
    size_t entry;         /* of a list of credentials, from 1; 0: a configuration */
    const char *part;     /* "security", "servers" .. */
    const char *instance; /* key of the instance */
    const char *field;
};

/* NOTE: nothing is lost; LOST: a value that is not taken; ERROR: the endpoint cannot be. */
enum cli_leshan_level { CLI_LESHAN_NOTE, CLI_LESHAN_LOST, CLI_LESHAN_ERROR };

struct cli_leshan_problem {
    enum cli_leshan_level level;
    const char *file;
    const char *path; /* as $["urn:x"].security.0.uri */
    const char *text;
};

/* Zero-initialise; EACH may be NULL. */
struct cli_leshan_report {
    void (*each)(void *context, const struct cli_leshan_problem *problem);
    void *context;
    size_t errors, lost;
};
void cli_leshan_error(struct cli_leshan_report *report, struct cli_leshan_place place,
                      const char *format, ...) __attribute__((format(printf, 3, 4)));
void cli_leshan_lost(struct cli_leshan_report *report, struct cli_leshan_place place,
                     const char *format, ...) __attribute__((format(printf, 3, 4)));
void cli_leshan_note(struct cli_leshan_report *report, struct cli_leshan_place place,
                     const char *format, ...) __attribute__((format(printf, 3, 4)));

/* One value. TEXT and OCTETS are borrowed from the document or the config's pool. */
struct cli_leshan_value {
    bool is_set;
    int64_t number; /* booleans and words too */
    const char *text;
    const uint8_t *octets; /* cipher suites: two octets each */
    size_t len;
};

/* An instance: values by the resource's ID in LwM2M's object. */
struct cli_leshan_instance {
    const char *key; /* as written */
    uint16_t id;
    struct cli_leshan_value values[CLI_LESHAN_FIELDS];
};

struct cli_leshan_instances {
    struct cli_leshan_instance items[CLI_LESHAN_INSTANCES];
    size_t count;
};

struct cli_leshan_acl {
    const char *key;
    uint16_t object, instance; /* 65535: the object as a whole */
    uint16_t owner;            /* 65535: the bootstrap interface */
    struct {
        uint16_t server; /* 0: default */
        uint8_t bits;
    } rights[CLI_LESHAN_RIGHTS];
    size_t right_count;
};

enum { LESHAN_PSK, LESHAN_RPK, LESHAN_X509, LESHAN_NO_SEC, LESHAN_EST };

/* What one endpoint has. Holds secrets in POOL. */
struct cli_leshan_config {
    struct cli_leshan_place place; /* of the configuration */
    struct cli_leshan_instances security, servers, oscore;
    struct cli_leshan_acl acls[CLI_LESHAN_ACLS];
    size_t acl_count;
    const char *deletes[CLI_LESHAN_DELETES];
    size_t delete_count;
    int64_t format; /* content format, -1: not given */
    bool has_config;

    bool has_login;                                    /* of the list of credentials */
    struct cli_leshan_place login_place;               /* of its entry */
    struct cli_leshan_value login_identity, login_key; /* both set: a PSK */

    uint8_t pool[CLI_LESHAN_POOL];
    size_t pool_used;
};

/* An endpoint of the documents. */
struct cli_leshan_item {
    const char *endpoint;
    const char *file, *login_file; /* NULL: no such */
    const struct lwm2m_json_node *config, *login;
    size_t login_entry;
    size_t group;     /* its policy in the book, or CLI_LESHAN_NO_GROUP */
    bool is_left_out; /* for the caller: it has errors */
};
#define CLI_LESHAN_NO_GROUP SIZE_MAX

struct cli_leshan_list {
    struct cli_leshan_item *items; /* by endpoint */
    size_t count;
};

/* A document that was read: an object of configurations or a list of credentials. */
struct cli_leshan_source {
    const char *file;
    const struct lwm2m_json_node *root;
};

/* The endpoints of COUNT documents, in order. False: errors were reported, LIST is to be freed all
 * the same. */
bool cli_leshan_list(const struct cli_leshan_source *sources, size_t count,
                     struct cli_leshan_list *list, struct cli_leshan_report *report);
void cli_leshan_list_free(struct cli_leshan_list *list);

/* Reads ITEM into CONFIG, overwriting all of it. False: errors were reported. */
bool cli_leshan_read(const struct cli_leshan_item *item, struct cli_leshan_config *config,
                     struct cli_leshan_report *report);
void cli_leshan_config_wipe(struct cli_leshan_config *config);

/* A server with all that belongs to it; OSCORE may be NULL. Ascending by ID. */
struct cli_leshan_account {
    uint16_t id;
    const struct cli_leshan_instance *security, *server, *oscore;
};
struct cli_leshan_accounts {
    struct cli_leshan_account items[CLI_LESHAN_INSTANCES];
    size_t count;
    const struct cli_leshan_instance *bootstrap; /* the bootstrap server's own; NULL: none */
};

/* Finds what belongs together. False: contradictions were reported. */
bool cli_leshan_pair(const struct cli_leshan_config *config, struct cli_leshan_accounts *accounts,
                     struct cli_leshan_report *report);

/* Texts by name. */
struct cli_leshan_texts {
    struct cli_leshan_entry {
        char *text;
        size_t len;
        uint64_t hash;
        uint16_t id;
        size_t nth; /* of those with this ID, from 0 */
    } * items;
    size_t count, capacity;
};
#define CLI_LESHAN_PREFIX_MAX 40

/* Policies that come about; equal ones once. Zero-initialise but for PREFIX. */
struct cli_leshan_book {
    const char *prefix; /* of all names: 1 to CLI_LESHAN_PREFIX_MAX characters of a name */
    bool has_folder;    /* there is one for files: else what would go there is told as lost */
    struct cli_leshan_texts servers, access, policies;
    struct cli_leshan_texts trust; /* octets of files, by name */
    bool is_broken;                /* out of memory */
};
void cli_leshan_book_free(struct cli_leshan_book *book);

/* Describes CONFIG in BOOK and sets ITEM->group: NO_GROUP for one without LwM2M servers. */
void cli_leshan_policy(struct cli_leshan_book *book, const struct cli_leshan_config *config,
                       const struct cli_leshan_accounts *accounts, struct cli_leshan_item *item,
                       struct cli_leshan_report *report);

/* Names of policies, which are those of their groups too, of servers, and of files of TRUST. Each
 * returns OUT. */
const char *cli_leshan_policy_name(const struct cli_leshan_book *book, size_t index,
                                   char out[static PKI_NAME_MAX + 1]);
const char *cli_leshan_server_name(const struct cli_leshan_book *book, size_t index,
                                   char out[static PKI_NAME_MAX + 1]);
const char *cli_leshan_trust_name(const struct cli_leshan_book *book, size_t index,
                                  char out[static PKI_NAME_MAX + 1]);

/* Writes BOOK as a policy file. IS_BY_GROUP: policies match groups that have their names; else
 * lists of endpoints, which globs must not be. */
void cli_leshan_book_write(FILE *file, struct cli_leshan_book *book,
                           const struct cli_leshan_list *list, bool is_by_group);

/* The device as a store takes it, but for its group. False: an error was reported. */
bool cli_leshan_device(const struct cli_leshan_config *config,
                       const struct cli_leshan_accounts *accounts, const char *endpoint,
                       struct pki_device *device, struct cli_leshan_report *report);
/* Its credentials, without device_id and times. False: an error was reported. */
bool cli_leshan_credentials(const struct cli_leshan_config *config,
                            const struct cli_leshan_accounts *accounts,
                            struct pki_credential credentials[static CLI_LESHAN_CREDENTIALS],
                            size_t *count, struct cli_leshan_report *report);

/* ---- between the files of this part ---- */

/* How a value is written in JSON. */
enum cli_leshan_kind {
    LESHAN_INTEGER,
    LESHAN_BOOLEAN,
    LESHAN_TEXT,
    LESHAN_OCTETS,  /* list of numbers -128..255, or Base64 */
    LESHAN_HEX,     /* the same, or hex instead of Base64 */
    LESHAN_WORD,    /* a name of WORDS or its place among them */
    LESHAN_LETTERS, /* a text or a list of texts, one after the other */
    LESHAN_SUITES,  /* a number 1..65535, a list of them, or an object that holds one */
    LESHAN_NAMED    /* a number, or one of WORDS, each of which means MIN */
};

struct cli_leshan_field {
    const char *key;
    uint8_t id;
    enum cli_leshan_kind kind;
    int64_t min, max;         /* INTEGER: the number; TEXT, LETTERS, OCTETS: at most MAX octets */
    const char *const *words; /* ends with NULL */
};

/* leshan_book.c: the place of a text in TEXTS, put there if it is new; SIZE_MAX: out of memory. */
size_t cli_leshan_texts_add(struct cli_leshan_texts *texts, uint16_t id, const char *text,
                            size_t len);
/* A text under way. Open: false, and BOOK broken, when out of memory. Close: its place in TEXTS, or
 * SIZE_MAX and BOOK broken. */
struct cli_leshan_draft {
    FILE *file;
    char *text;
    size_t len;
};
bool cli_leshan_draft_open(struct cli_leshan_draft *draft, struct cli_leshan_book *book);
size_t cli_leshan_draft_close(struct cli_leshan_draft *draft, struct cli_leshan_book *book,
                              struct cli_leshan_texts *texts, uint16_t id);
/* leshan_server.c: the place of ACCOUNT's server in BOOK; SIZE_MAX, and BOOK broken: out of memory.
 */
size_t cli_leshan_server(struct cli_leshan_book *book, const struct cli_leshan_config *config,
                         const struct cli_leshan_account *account,
                         struct cli_leshan_report *report);
/* TEXT in double quotes, as YAML reads it; braces of a template are escaped. */
void cli_leshan_quote(FILE *file, const char *text, bool is_template);

/* leshan_login.c: an entry of the list of credentials. */
void cli_leshan_login(struct cli_leshan_config *config, const struct lwm2m_json_node *node,
                      struct cli_leshan_report *report);

/* leshan_value.c: NODE as FIELD says. NULL when it is so, else what it must be. */
const char *cli_leshan_value(struct cli_leshan_config *config, const struct lwm2m_json_node *node,
                             const struct cli_leshan_field *field, struct cli_leshan_value *value);

static inline const struct cli_leshan_value *cli_leshan_at(const struct cli_leshan_instance *in,
                                                           unsigned id)
{
    return &in->values[id];
}

/* An instance's number, FALLBACK where it has none. */
static inline int64_t cli_leshan_number(const struct cli_leshan_instance *in, unsigned id,
                                        int64_t fallback)
{
    return in->values[id].is_set ? in->values[id].number : fallback;
}

/* Whether an instance has octets or text of a length. */
static inline bool cli_leshan_has(const struct cli_leshan_instance *in, unsigned id)
{
    return in->values[id].is_set && in->values[id].len > 0;
}

/* Whether an account has keys for SMS that are to be stored. */
static inline bool cli_leshan_has_sms_keys(const struct cli_leshan_instance *security)
{
    return cli_leshan_has(security, 9) && cli_leshan_has(security, 8) &&
           cli_leshan_number(security, 6, 3) != 3;
}

/* The place of a value in CONFIG. */
static inline struct cli_leshan_place cli_leshan_place_of(const struct cli_leshan_config *config,
                                                          const char *part, const char *instance,
                                                          const char *field)
{
    struct cli_leshan_place place = config->place;
    place.part = part;
    place.instance = instance;
    place.field = field;
    return place;
}

#endif
