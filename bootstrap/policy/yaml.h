/*
 * YAML text -> a small tree of nodes with their places. The one door of libfyaml.
 *
 * One document, block or flow style, in UTF-8. Refused, each with its line and column: octets that
 * are not UTF-8 and characters that YAML does not print (libfyaml would take them for the end of
 * the file), a second document, directives, anchors, aliases and tags, keys that are not plain
 * words, a key given twice, nesting over POLICY_YAML_DEPTH_MAX, more nodes than
 * POLICY_YAML_NODES_MAX.
 */
#ifndef POLICY_YAML_H
#define POLICY_YAML_H

#include "bootstrap/policy/arena.h"
#include "bootstrap/policy/report.h"

#define POLICY_YAML_DEPTH_MAX 16
#define POLICY_YAML_NODES_MAX 500000

enum policy_yaml_kind { POLICY_YAML_SCALAR, POLICY_YAML_MAP, POLICY_YAML_LIST };

/* A node; as the value of a map entry it carries the key too. */
struct policy_node {
    enum policy_yaml_kind kind;
    bool is_null;            /* nothing, ~ or null, without quotes */
    struct policy_mark mark; /* of the value; of the key when the value is nothing */
    const char *text;        /* SCALAR; a NUL follows it */
    size_t len;
    const char *key; /* in a map, else NULL */
    size_t key_len;
    struct policy_mark key_mark;
    size_t count; /* children of MAP and LIST, in the order of the text */
    struct policy_node *first;
    struct policy_node *next;
};

/*
 * Parses LEN octets of TEXT; everything lives in ARENA. NULL when there is an error in REPORT.
 * An empty text, or one of comments only, is an empty map. FILE is borrowed by the marks.
 */
struct policy_node *policy_yaml_parse(const char *file, const char *text, size_t len,
                                      struct policy_arena *arena, struct policy_report *report);

#endif
