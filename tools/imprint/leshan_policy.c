/* An endpoint of Leshan as a policy. */
#include "tools/imprint/leshan.h"
#include "bootstrap/lwm2m/codec.h"

#include <stdlib.h>
#include <string.h>

enum { MODE = 2 };
enum { NO_ID = 65535, RIGHT_CREATE = 16 };

struct describing {
    struct cli_leshan_book *book;
    const struct cli_leshan_config *config;
    const struct cli_leshan_accounts *accounts;
    struct cli_leshan_report *report;
    size_t servers[CLI_LESHAN_INSTANCES]; /* in the book, of the accounts */
};

/* ---- access ---- */

/* The name of the server that ID is here; NULL: none of this endpoint. */
static const char *name_of(const struct describing *of, uint16_t id,
                           char out[static PKI_NAME_MAX + 1])
{
    for (size_t i = 0; i < of->accounts->count; i++) {
        if (of->accounts->items[i].id == id) {
            return cli_leshan_server_name(of->book, of->servers[i], out);
        }
    }
    return NULL;
}

static bool is_given(const struct describing *of, const struct cli_leshan_acl *acl)
{
    const struct cli_leshan_acl *first = of->config->acls;
    while (first != acl && (first->object != acl->object || first->instance != acl->instance)) {
        first++;
    }
    return first != acl;
}

/* The key of ACL in a table; false, and what is wrong: it cannot be there. */
static const char *put_path(const struct describing *of, FILE *file,
                            const struct cli_leshan_acl *acl)
{
    char name[PKI_NAME_MAX + 1];
    if (acl->object == 0 || acl->object == 2 || acl->object == 21) {
        return "is about an object to which no server has access: not taken";
    }
    if (is_given(of, acl)) {
        return "is about what another entry is about: not taken";
    }
    if (acl->instance == NO_ID) {
        fprintf(file, "    /%u: {", (unsigned)acl->object);
        return NULL;
    }
    if (acl->object != 1) {
        fprintf(file, "    /%u/%u: {", (unsigned)acl->object, (unsigned)acl->instance);
        return NULL;
    }
    for (size_t i = 0; i < of->accounts->count; i++) {
        const struct cli_leshan_account *account = &of->accounts->items[i];
        if (account->server->id == acl->instance) {
            fprintf(file, "    /1/%s: {", name_of(of, account->id, name));
            return NULL;
        }
    }
    return "is about an instance that is not under servers: not taken";
}

static void put_mask(FILE *file, unsigned bits)
{
    static const char letters[] = "rwedc";
    fputs(bits == 0 ? "none" : "", file);
    for (unsigned i = 0; i < 5; i++) {
        if ((bits >> i & 1) != 0) {
            putc(letters[i], file);
        }
    }
}

static void put_rights(const struct describing *of, FILE *file, const struct cli_leshan_acl *acl,
                       struct cli_leshan_place place)
{
    const unsigned possible = acl->instance == NO_ID ? RIGHT_CREATE : RIGHT_CREATE - 1;
    const char *comma = acl->owner == NO_ID ? "" : ", ";
    char name[PKI_NAME_MAX + 1];
    for (size_t i = 0; i < acl->right_count; i++) {
        unsigned bits = acl->rights[i].bits, server = acl->rights[i].server;
        const char *whose = server == 0 ? "default" : name_of(of, (uint16_t)server, name);
        const char *wrong = whose == NULL ? "is no server of this endpoint: not taken" : NULL;
        if (wrong == NULL && (bits & ~possible) != 0) {
            wrong = acl->instance == NO_ID ? "has rights on an object as a whole besides create: "
                                             "those are not taken"
                                           : "has create on an instance, which means nothing: "
                                             "that is not taken";
        }
        if (wrong != NULL) {
            cli_leshan_lost(of->report, place, "short server ID %u %s", server, wrong);
        }
        /* An object as a whole names those who may create, and nobody else. */
        bool is_said = acl->instance != NO_ID || ((bits & possible) != 0 && server != 0);
        if (whose != NULL && is_said) {
            fprintf(file, "%s%s: ", comma, whose);
            put_mask(file, bits & possible);
            comma = ", ";
        } else if (whose != NULL && (bits & possible) != 0) {
            cli_leshan_lost(of->report, place, "an object as a whole has no default: not taken");
        }
    }
}

static size_t describe_access(const struct describing *of)
{
    struct cli_leshan_draft draft;
    char name[PKI_NAME_MAX + 1];
    if (!cli_leshan_draft_open(&draft, of->book)) {
        return SIZE_MAX;
    }
    for (size_t i = 0; i < of->config->acl_count; i++) {
        struct cli_leshan_acl acl = of->config->acls[i];
        struct cli_leshan_place place = cli_leshan_place_of(of->config, "acls", acl.key, NULL);
        const char *wrong = put_path(of, draft.file, &of->config->acls[i]);
        if (wrong != NULL) {
            cli_leshan_lost(of->report, place, "%s", wrong);
            continue;
        }
        place.field = "AccessControlOwner";
        const char *owner = acl.owner == NO_ID ? NULL : name_of(of, acl.owner, name);
        if (acl.owner != NO_ID && owner == NULL) {
            cli_leshan_lost(of->report, place,
                            "is no server of this endpoint: the bootstrap interface owns it");
            acl.owner = NO_ID;
        }
        fprintf(draft.file, "%s%s", owner != NULL ? "owner: " : "", owner != NULL ? owner : "");
        place.field = "acls";
        put_rights(of, draft.file, &acl, place);
        fprintf(draft.file, "}\n");
    }
    return cli_leshan_draft_close(&draft, of->book, &of->book->access, 0);
}

/* ---- deletes ---- */

struct deletes {
    struct lwm2m_path paths[CLI_LESHAN_DELETES];
    size_t count;
    bool all, security, server;
};

/* What becomes of PATH: NULL, or what is lost of it. */
static const char *sort_delete(struct deletes *deletes, struct lwm2m_path path)
{
    if (path.depth == 0) {
        deletes->all = deletes->security = deletes->server = true;
        return NULL;
    }
    if (path.depth > 2) {
        return "cannot be deleted: it is no object or instance";
    }
    if (path.id[0] == 3) {
        return "cannot be deleted: clients keep it";
    }
    if (path.depth == 2 && (path.id[0] <= 2 || path.id[0] == 21)) {
        return "cannot be said: accounts and access control are deleted as a policy's 'others' "
               "says";
    }
    deletes->security = deletes->security || path.id[0] == 0;
    deletes->server = deletes->server || path.id[0] == 1;
    for (size_t i = 0; i < deletes->count; i++) {
        if (lwm2m_path_compare(deletes->paths[i], path) == 0) {
            return NULL;
        }
    }
    if (path.id[0] > 2 && path.id[0] != 21) {
        deletes->paths[deletes->count++] = path;
    }
    return NULL;
}

static void read_deletes(const struct describing *of, struct deletes *deletes)
{
    struct cli_leshan_place place = cli_leshan_place_of(of->config, "toDelete", NULL, NULL);
    for (size_t i = 0; i < of->config->delete_count; i++) {
        const char *text = of->config->deletes[i];
        struct lwm2m_path path = {.depth = 0};
        bool is_path = lwm2m_path_parse(text, strlen(text), &path) == LWM2M_OK;
        const char *wrong = is_path ? sort_delete(deletes, path) : "is no path: not taken";
        if (wrong != NULL) {
            cli_leshan_lost(of->report, place, "'%.40s' %s", text, wrong);
        }
    }
    if (deletes->security != deletes->server) {
        cli_leshan_lost(of->report, place,
                        "has one of /0 and /1 without the other: other accounts are kept");
    }
    if (deletes->all) {
        cli_leshan_note(of->report, place,
                        "has /: accounts and access control are replaced, other objects stay");
    }
}

static void put_deletes(FILE *file, const struct deletes *deletes)
{
    char path[LWM2M_PATH_TEXT];
    for (size_t i = 0; i < deletes->count; i++) {
        fprintf(file, "%s%s%s", i == 0 ? "    delete: [" : ", ",
                lwm2m_path_text(deletes->paths[i], path), i + 1 == deletes->count ? "]\n" : "");
    }
    fprintf(file, "    others: %s\n", deletes->security && deletes->server ? "remove" : "keep");
}

/* ---- policies ---- */

static void put_grant(FILE *file, const char *name, const struct cli_leshan_account *account)
{
    static const char *const words[] = {"psk: stored", "rpk: stored", "cert: stored", ""};
    int64_t mode = cli_leshan_number(account->security, MODE, LESHAN_NO_SEC);
    bool has_oscore = account->oscore != NULL;
    fprintf(file, "      %s: {%s%s%s}\n", name,
            mode == LESHAN_NO_SEC && !has_oscore ? "nosec: true" : words[mode],
            mode != LESHAN_NO_SEC && has_oscore ? ", " : "", has_oscore ? "oscore: stored" : "");
}

static void put_format(const struct describing *of, FILE *file)
{
    int64_t number = of->config->format;
    const struct lwm2m_format *format =
        number >= 0 && number < LWM2M_FORMAT_NONE ? lwm2m_format_by_number((uint16_t)number) : NULL;
    if (format != NULL && !format->single_only && format->encode != NULL) {
        fprintf(file, "    client: {format: %s}\n", format->name);
    } else if (number != -1) {
        cli_leshan_lost(of->report, cli_leshan_place_of(of->config, "contentFormat", NULL, NULL),
                        "is no content format for an instance: not taken");
    }
}

static size_t describe_policy(const struct describing *of, size_t access)
{
    struct cli_leshan_draft draft;
    struct deletes deletes = {.count = 0};
    char name[PKI_NAME_MAX + 1];
    if (!cli_leshan_draft_open(&draft, of->book)) {
        return SIZE_MAX;
    }
    put_format(of, draft.file);
    fprintf(draft.file, "    servers:\n");
    for (size_t i = 0; i < of->accounts->count; i++) {
        put_grant(draft.file, cli_leshan_server_name(of->book, of->servers[i], name),
                  &of->accounts->items[i]);
    }
    if (access != SIZE_MAX) {
        fprintf(draft.file, "    access: %s\n%s", cli_leshan_policy_name(of->book, access, name),
                of->accounts->count == 1 ? "    access-when: always\n" : "");
    }
    read_deletes(of, &deletes);
    put_deletes(draft.file, &deletes);
    return cli_leshan_draft_close(&draft, of->book, &of->book->policies, 0);
}

void cli_leshan_policy(struct cli_leshan_book *book, const struct cli_leshan_config *config,
                       const struct cli_leshan_accounts *accounts, struct cli_leshan_item *item,
                       struct cli_leshan_report *report)
{
    struct describing of = {book, config, accounts, report, {0}};
    item->group = CLI_LESHAN_NO_GROUP;
    if (accounts->count == 0) {
        return;
    }
    for (size_t i = 0; i < accounts->count && !book->is_broken; i++) {
        of.servers[i] = cli_leshan_server(book, config, &accounts->items[i], report);
    }
    size_t access = SIZE_MAX;
    if (config->acl_count > 0 && !book->is_broken) {
        access = describe_access(&of);
    }
    if (!book->is_broken) {
        item->group = describe_policy(&of, access);
    }
}
