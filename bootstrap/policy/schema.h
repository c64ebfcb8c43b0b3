/*
 * A table-driven reader: rows say which keys a map may hold, of what type, range, unit and default.
 *
 * Model. policy_schema_read_map walks a map, finds each key's row, reads the value into the row's
 * place in a struct and reports every error with its place and, for a word that is not known, the
 * nearest valid one. It goes on after an error, so that one run shows all. Nothing is interpreted
 * besides what rows say, so that the same tables can be printed as documentation or as a JSON
 * Schema.
 *
 * Places by type:
 *   TEXT NAME TEMPLATE              const char * (NULL: not given)
 *   INTEGER SECONDS MILLISECONDS BYTES PERCENT DATE BOOLEAN WORD FLAGS
 *                                   int64_t (SCHEMA_UNSET: not given and no default)
 *   REFERENCE                       struct policy_schema_reference
 *   TEXTS                           struct policy_array of const char * (one, or a list)
 *   WORDS                           struct policy_array of int64_t
 *   PATHS                           struct policy_array of struct lwm2m_path
 *   REFERENCES                      struct policy_array of struct policy_schema_reference
 *   MAP                             a struct that begins with struct policy_schema_item
 *                                   (mark.line 0: not given)
 *   NAMED LIST                      struct policy_array of structs that begin with
 *                                   struct policy_schema_item
 *   CUSTOM                          what its function makes of it
 *   LATER                           none: known, and refused as not supported by this version
 */
#ifndef POLICY_SCHEMA_H
#define POLICY_SCHEMA_H

#include "bootstrap/policy/yaml.h"

#include <stdint.h>

#define SCHEMA_UNSET       INT64_MIN
#define SCHEMA_ITEMS_MAX   20000 /* of one NAMED, LIST or TEXTS */
#define SCHEMA_SECONDS_MAX INT64_C(2147483647)

enum policy_schema_type {
    SCHEMA_TEXT,         /* min..max octets */
    SCHEMA_NAME,         /* 1..64 of letters, digits, '.', '_', '-' */
    SCHEMA_TEMPLATE,     /* text with {placeholders}; see template.h */
    SCHEMA_TEXTS,        /* one text or a list */
    SCHEMA_INTEGER,      /* min..max */
    SCHEMA_SECONDS,      /* 30s, 5m, 2h, 7d, 1w; in s */
    SCHEMA_MILLISECONDS, /* 500ms, and as above; in ms */
    SCHEMA_BYTES,        /* 512, 512B, 4KiB, 1MiB, 1GiB, 1TiB */
    SCHEMA_PERCENT,      /* 5%, 0.25%; in parts of a million */
    SCHEMA_DATE,         /* 2026-12-01, 2026-12-01T06:00:00+01:00; in s since 1970 UTC */
    SCHEMA_BOOLEAN,      /* true, false */
    SCHEMA_WORD,         /* one of words */
    SCHEMA_FLAGS,        /* one of words or a list of them, or-ed */
    SCHEMA_WORDS,        /* one of words or a list of them, in order; with max, numbers too */
    SCHEMA_PATHS,        /* one path or a list of them, of min..max IDs: /o, /o/i */
    SCHEMA_REFERENCE,    /* the name of a thing that another key defines */
    SCHEMA_REFERENCES,   /* one such name or a list of them */
    SCHEMA_MAP,
    SCHEMA_NAMED, /* map: name -> item */
    SCHEMA_LIST,  /* list of items */
    SCHEMA_CUSTOM,
    SCHEMA_LATER
};

/* What a CUSTOM reads besides its words and its table, for those who describe the rows. */
enum policy_schema_form {
    SCHEMA_FORM_NONE,
    SCHEMA_FORM_TEXT,
    SCHEMA_FORM_TEXTS, /* one or a list */
    SCHEMA_FORM_LIST,
    SCHEMA_FORM_MAP
};

/* A word and its value; also allowed beside numbers ("never"). A NULL word ends the list. */
struct policy_schema_word {
    const char *word;
    int64_t value;
};

struct policy_schema_context {
    const char *file;
    struct policy_arena *arena;
    struct policy_report *report;
    const struct lwm2m_registry *registry; /* of what is written; NULL: knows no object */
};

/* Reads NODE into PLACE (the struct plus the row's offset); reports its own errors. */
typedef void policy_schema_custom_fn(struct policy_schema_context *context,
                                     const struct policy_node *node, void *place);

struct policy_schema_table;

struct policy_schema_field {
    const char *key; /* NULL ends the rows; "attr.*": any key with this beginning (CUSTOM only) */
    enum policy_schema_type type;
    size_t offset;
    int64_t min, max;     /* numbers: value; texts: octets */
    const char *fallback; /* the default, as a file would say it; NULL: none */
    bool is_late;         /* the default is for policy_schema_fill: until then it is not given */
    bool is_required;
    uint8_t parts; /* bits of the tables that have it; 0: all that share these rows */
    const struct policy_schema_word *words;
    const struct policy_schema_table *table; /* MAP, NAMED, LIST */
    policy_schema_custom_fn *custom;
    enum policy_schema_form form; /* CUSTOM */
    const char *help;             /* one line */
};

struct policy_schema_table {
    const char *what; /* "server", "policy": for messages */
    size_t size;      /* of the struct */
    const struct policy_schema_field *fields;
    uint8_t part;                    /* bit of this table among those that share its rows */
    policy_schema_custom_fn *custom; /* instead of FIELDS: reads a whole item */
};

/* Beginning of every struct that is an item. */
struct policy_schema_item {
    const char *name; /* the key of a NAMED; of a LIST item what its row "name" read */
    struct policy_mark mark;
};

struct policy_schema_reference {
    const char *name; /* NULL: not given */
    struct policy_mark mark;
    size_t index; /* set by who resolves it */
};

/* Sets every place of TABLE in TARGET to its default. TARGET is zeroed. */
void policy_schema_defaults(struct policy_schema_context *context,
                            const struct policy_schema_table *table, void *target);
/* Sets each number of TABLE in TARGET that is still SCHEMA_UNSET to its late default. */
void policy_schema_fill(struct policy_schema_context *context,
                        const struct policy_schema_table *table, void *target);
/* True when TABLE has FIELD, one of its rows. */
bool policy_schema_has(const struct policy_schema_table *table,
                       const struct policy_schema_field *field);
/* Reads NODE over the defaults. Errors go to the report. */
void policy_schema_read_map(struct policy_schema_context *context, const struct policy_node *node,
                            const struct policy_schema_table *table, void *target);
/* Reads NODE as the value of FIELD into PLACE. Errors go to the report. */
void policy_schema_read_field(struct policy_schema_context *context, const struct policy_node *node,
                              const struct policy_schema_field *field, void *place);
/* NODE as a number of TYPE within FIELD's range or one of its words; false when reported. */
bool policy_schema_read_number(struct policy_schema_context *context,
                               const struct policy_node *node,
                               const struct policy_schema_field *field, int64_t *out);
/* True when NODE is of KIND; else reports what KEY needs. */
bool policy_schema_expect(struct policy_schema_context *context, const struct policy_node *node,
                          enum policy_yaml_kind kind);
/* The key of NODE in quotes, or "a list item" text. */
const char *policy_schema_label(const struct policy_node *node, char out[static POLICY_QUOTE_MAX]);
/* True when TEXT is a SCHEMA_NAME. */
bool policy_schema_is_name(const char *text, size_t len);
/* ITEM I of ARRAY, whose items are SIZE octets and begin with struct policy_schema_item. */
struct policy_schema_item *policy_schema_item_at(const struct policy_array *array, size_t size,
                                                 size_t i);
/*
 * Finds the item that REFERENCE names and sets its index; else reports "unknown WHAT" with the
 * nearest name. Reference not given: false, nothing reported.
 */
bool policy_schema_resolve(struct policy_schema_context *context, const struct policy_array *array,
                           size_t size, const char *what,
                           struct policy_schema_reference *reference);

#endif
