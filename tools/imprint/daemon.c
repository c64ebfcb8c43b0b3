/* imprint status, reload, drain, kick: a running daemon by its control socket. */
#include "tools/imprint/control.h"
#include "tools/imprint/out.h"
#include "tools/imprint/say.h"

#include <string.h>

static const char *text(const struct lwm2m_json_node *node, const char *path)
{
    const char *value = "-";
    return lwm2m_json_get_string(node, path, &value, NULL) == LWM2M_OK ? value : "-";
}

/* The members of the object at PATH as "name N, name N"; what is zero is left out unless all is. */
static void counts(const struct lwm2m_json_node *root, const char *path)
{
    const struct lwm2m_json_node *object = lwm2m_json_at(root, path), *member;
    void *cursor = NULL;
    const char *key = NULL;
    bool is_any = false;
    printf("%-12s", path);
    while ((member = lwm2m_json_next(object, &cursor, &key)) != NULL) {
        uint64_t value = cli_answer_uint(member, "");
        if (value > 0) {
            char safe[128];
            printf("%s%s %llu", is_any ? ", " : "", cli_safe(key, strlen(key), safe, sizeof safe),
                   (unsigned long long)value);
            is_any = true;
        }
    }
    puts(is_any ? "" : "none");
}

static void print_head(const struct lwm2m_json_node *root)
{
    char at[24];
    printf("%-12s%s, pid %llu, up since %s%s\n", "imprintd", text(root, "version"),
           (unsigned long long)cli_answer_uint(root, "pid"),
           cli_time((int64_t)cli_answer_uint(root, "started_at"), at),
           cli_answer_bool(root, "draining") ? ", draining" : "");
    printf("%-12s%llu\n", "workers", (unsigned long long)cli_answer_uint(root, "workers"));
    const struct lwm2m_json_node *listeners = lwm2m_json_at(root, "listeners");
    for (size_t i = 0; i < lwm2m_json_count(listeners); i++) {
        const struct lwm2m_json_node *it = lwm2m_json_item(listeners, i);
        printf("%-12s%s (bound to %s)%s\n", i == 0 ? "listeners" : "", text(it, "uri"),
               text(it, "bound"), cli_answer_bool(it, "plain") ? ", secrets in the clear" : "");
    }
}

static void print_tail(const struct lwm2m_json_node *root)
{
    char at[24];
    printf("%-12s%llu from %s, loaded %s\n", "policies",
           (unsigned long long)cli_answer_uint(root, "policies.rules"), text(root, "policies.path"),
           cli_time((int64_t)cli_answer_uint(root, "policies.loaded_at"), at));
    printf("%-12s%llu waiting, %llu commits of %llu records, last %llu us, %llu errors\n", "queue",
           (unsigned long long)cli_answer_uint(root, "queue.depth"),
           (unsigned long long)cli_answer_uint(root, "queue.commits"),
           (unsigned long long)cli_answer_uint(root, "queue.records"),
           (unsigned long long)cli_answer_uint(root, "queue.last_commit_us"),
           (unsigned long long)cli_answer_uint(root, "queue.errors"));
}

enum cli_status cli_daemon_status(struct cli_call *call)
{
    struct lwm2m_json_document *answer = NULL;
    enum cli_status status = cli_control_once(call, "status", NULL, NULL, &answer);
    if (status == CLI_DONE && !cli_has(call, CLI_OPT_JSON)) {
        const struct lwm2m_json_node *root = lwm2m_json_root(answer);
        print_head(root);
        counts(root, "sessions");
        counts(root, "outcomes");
        counts(root, "handshakes");
        counts(root, "refused");
        print_tail(root);
    }
    lwm2m_json_free(answer);
    return status;
}

static enum cli_status order(struct cli_call *call, const char *command, const char *value,
                             const char *done)
{
    struct lwm2m_json_document *answer = NULL;
    enum cli_status status =
        cli_control_once(call, command, value != NULL ? "endpoint" : NULL, value, &answer);
    lwm2m_json_free(answer);
    if (status == CLI_DONE && !cli_has(call, CLI_OPT_JSON)) {
        cli_note("%s", done);
    }
    return status;
}

enum cli_status cli_daemon_reload(struct cli_call *call)
{
    return order(call, "reload", NULL, "the daemon works by the new policies and settings");
}

enum cli_status cli_daemon_drain(struct cli_call *call)
{
    return order(call, "drain", NULL, "the daemon takes no new bootstrap and ends after the last");
}

enum cli_status cli_daemon_kick(struct cli_call *call)
{
    return order(call, "kick", call->args[0], "the device's session is ended");
}
