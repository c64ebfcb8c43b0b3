#include "bootstrap/policy/cases_internal.h"

#include "pki/seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEFORE_S   3600 /* how long ago the bootstrap of `before` was */
#define MINTED_MAX 64   /* credentials that it left */

/* What a case is made of, as policies take it. Holds what stands for secrets. */
struct stage {
    struct pki_device device;
    struct pki_memory memory;
    struct pki_rollout *rollouts;
    struct pki_credential *credentials;
    struct lwm2m_discover discover, before;
    struct lwm2m_content servers, access;
    struct policy_subject subject;
    uint8_t next; /* octet that is minted next */
};

static void count_up(void *context, uint8_t *out, size_t len)
{
    struct stage *stage = context;
    for (size_t i = 0; i < len; i++) {
        out[i] = stage->next++;
    }
}

static void print_of(void *context, const uint8_t *data, size_t len,
                     uint8_t print[static PKI_PRINT_OCTETS])
{
    uint8_t hash[PKI_HASH_LEN];
    (void)context;
    pki_hash(hash, data, len);
    memcpy(print, hash, PKI_PRINT_OCTETS);
}

/* ---- what a case says, as records ---- */

static void set_text(char *out, size_t capacity, const char *text)
{
    snprintf(out, capacity, "%s", text != NULL ? text : "");
}

static void make_device(const struct cases_device *from, struct pki_device *device)
{
    const char *endpoint = from->endpoint != NULL ? from->endpoint : "urn:dev:os:case-1";
    const char *identity = from->identity != NULL ? from->identity : endpoint;
    device->id = 1;
    set_text(device->endpoint, sizeof device->endpoint, endpoint);
    device->auth = (enum pki_auth)from->auth;
    if (device->auth == PKI_AUTH_PSK) {
        device->identity_len = strnlen(identity, PKI_IDENTITY_MAX);
        memcpy(device->identity, identity, device->identity_len);
        device->psk_len = PKI_PSK_DEFAULT;
    }
    set_text(device->group, sizeof device->group, from->group);
    set_text(device->policy, sizeof device->policy, from->policy);
    for (size_t i = 0; i < from->attributes.count && i < PKI_ATTRIBUTES_MAX; i++) {
        device->attributes[i] = ((const struct pki_attribute *)from->attributes.items)[i];
        device->attribute_count++;
    }
}

static size_t copy_formats(const struct policy_array *from, uint16_t *to)
{
    size_t count = from->count < PKI_FORMATS_MAX ? from->count : PKI_FORMATS_MAX;
    for (size_t i = 0; i < count; i++) {
        to[i] = (uint16_t)((const int64_t *)from->items)[i];
    }
    return count;
}

static void make_memory(const struct cases_memory *from, int64_t now_at, struct pki_memory *memory)
{
    memory->device_id = 1;
    memory->learnt_at = now_at - BEFORE_S;
    memory->version = from->version == SCHEMA_UNSET ? 0 : (uint16_t)from->version;
    memory->asked_pack = from->asked_pack == 1;
    set_text(memory->kind, sizeof memory->kind, from->kind);
    memory->format_count = copy_formats(&from->formats, memory->formats);
    memory->refused_count = copy_formats(&from->refused, memory->refused);
    for (size_t i = 0; i < from->objects.count && i < PKI_OBJECTS_MAX; i++) {
        memory->objects[memory->object_count++] =
            ((const struct lwm2m_path *)from->objects.items)[i].id[0];
    }
    for (size_t i = 0; i < from->rollouts.count && i < PKI_ROLLOUTS_MAX; i++) {
        set_text(memory->rollouts[i], sizeof memory->rollouts[i],
                 ((const char *const *)from->rollouts.items)[i]);
        memory->rollout_count++;
    }
}

static void make_rollouts(const struct cases_case *one, struct stage *stage)
{
    const struct cases_rollout *from = one->rollouts.items;
    for (size_t i = 0; i < one->rollouts.count; i++) {
        struct pki_rollout *rollout = &stage->rollouts[i];
        set_text(rollout->name, sizeof rollout->name, from[i].item.name);
        rollout->state = (enum pki_rollout_state)from[i].state;
        rollout->share_ppm = (uint32_t)from[i].share_ppm;
        rollout->started_at = one->now_at - BEFORE_S;
        rollout->changed_at = rollout->started_at;
    }
}

static size_t put_id(uint8_t *out, const char *id)
{
    size_t len = id != NULL ? strlen(id) : 0;
    out[0] = (uint8_t)len;
    memcpy(out + 1, id != NULL ? id : "", len);
    return len + 1;
}

static void make_credential(const struct cases_credential *from, size_t index, int64_t now_at,
                            struct pki_credential *credential)
{
    credential->device_id = 1;
    credential->server_id = from->server == SCHEMA_UNSET ? 1 : (uint16_t)from->server;
    credential->serial = (uint32_t)index + 1;
    credential->mode = (enum pki_mode)from->mode;
    credential->is_stored = from->is_stored == 1;
    credential->staged_at = credential->active_at = now_at - from->age_s;
    credential->secret_len = (size_t)from->secret_len;
    credential->public_len = (size_t)from->public_len;
    memset(credential->secret, (int)credential->serial, credential->secret_len);
    memset(credential->public_part, (int)credential->serial, credential->public_len);
    if (credential->mode == PKI_MODE_OSCORE) {
        size_t len = put_id(credential->identity, from->sender);
        credential->identity_len = len + put_id(credential->identity + len, from->recipient);
    } else if (credential->mode == PKI_MODE_SMS) {
        credential->identity_len = 6;
    } else if (from->identity != NULL) {
        credential->identity_len = strnlen(from->identity, PKI_IDENTITY_MAX);
        memcpy(credential->identity, from->identity, credential->identity_len);
    }
}

/* ---- what it shows ---- */

static bool read_discover(const struct cases_case *one, const char *what, const char *text,
                          struct lwm2m_discover *discover, struct policy_report *report)
{
    size_t len = text != NULL ? strlen(text) : 0;
    while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL) {
        len--;
    }
    enum lwm2m_error error = text != NULL ? lwm2m_discover_parse(text, len, discover) : LWM2M_OK;
    if (error != LWM2M_OK) {
        policy_error(report, one->item.mark, "'%s' is no answer to Discover: %s", what,
                     lwm2m_error_text(error));
    }
    return error == LWM2M_OK;
}

static bool read_answer(const struct cases_case *one, const struct policy_set *set, uint16_t object,
                        struct lwm2m_content *content, struct policy_report *report)
{
    bool is_servers = object == LWM2M_OBJECT_SERVER;
    const char *text = is_servers ? one->reads.servers : one->reads.access;
    if (text == NULL) {
        return true;
    }
    enum lwm2m_error error =
        lwm2m_decode((uint16_t)one->reads.format, lwm2m_path_of(1, object, 0, 0, 0),
                     policy_set_registry(set), (const uint8_t *)text, strlen(text), content);
    if (error != LWM2M_OK) {
        policy_error(report, one->reads.item.mark, "'%s' is no answer to a Read of /%u: %s",
                     is_servers ? "servers" : "access", (unsigned)object, lwm2m_error_text(error));
    }
    return error == LWM2M_OK;
}

static bool read_shown(const struct cases_case *one, const struct policy_set *set,
                       struct stage *stage, struct policy_report *report)
{
    return read_discover(one, "discover", one->discover, &stage->discover, report) &&
           read_discover(one, "before", one->before, &stage->before, report) &&
           read_answer(one, set, LWM2M_OBJECT_SERVER, &stage->servers, report) &&
           read_answer(one, set, LWM2M_OBJECT_ACCESS_CONTROL, &stage->access, report);
}

/* ---- the stage ---- */

static void stage_clear(struct stage *stage)
{
    lwm2m_discover_clear(&stage->discover);
    lwm2m_discover_clear(&stage->before);
    lwm2m_content_clear(&stage->servers);
    lwm2m_content_clear(&stage->access);
    free(stage->rollouts);
    free(stage->credentials);
}

static bool stage_fill(const struct cases_case *one, struct stage *stage)
{
    struct policy_subject *subject = &stage->subject;
    size_t room = one->credentials.count + MINTED_MAX;
    stage->rollouts = calloc(one->rollouts.count + 1, sizeof *stage->rollouts);
    stage->credentials = calloc(room, sizeof *stage->credentials);
    if (stage->rollouts == NULL || stage->credentials == NULL) {
        return false;
    }
    make_device(&one->device, &stage->device);
    make_memory(&one->memory, one->now_at, &stage->memory);
    make_rollouts(one, stage);
    for (size_t i = 0; i < one->credentials.count; i++) {
        make_credential((const struct cases_credential *)one->credentials.items + i, i, one->now_at,
                        &stage->credentials[i]);
    }
    *subject = (struct policy_subject){
        .device = one->device.item.mark.line != 0 ? &stage->device : NULL,
        .endpoint = stage->device.endpoint,
        .auth = stage->device.auth,
        .transport = (enum policy_transport)one->transport,
        .pct = (uint16_t)one->pct,
        .is_pack = one->is_pack == 1,
        .accept = one->is_pack == 1 ? (uint16_t)one->pct : LWM2M_FORMAT_NONE,
        .credentials = stage->credentials,
        .credential_count = one->credentials.count,
        .memory = one->memory.item.mark.line != 0 ? &stage->memory : NULL,
        .rollouts = stage->rollouts,
        .rollout_count = one->rollouts.count,
        .print = print_of,
    };
    return true;
}

/* The bootstrap of `before`: its plan was carried out, and is remembered. */
static bool go_before(const struct cases_case *one, const struct policy_set *set,
                      struct stage *stage, struct policy_report *report)
{
    char reason[POLICY_REASON_MAX + 1] = "";
    struct policy_decision decision = {0};
    struct policy_subject *subject = &stage->subject;
    struct policy_plan *plan = NULL;
    int64_t then_at = one->now_at - BEFORE_S;
    subject->seen.discover = &stage->before;
    policy_decide(set, subject, true, then_at, &decision);
    if (decision.verdict == POLICY_APPLY) {
        plan = policy_plan_new(set, &decision, subject, then_at, count_up, stage, reason);
    }
    if (plan == NULL) {
        policy_error(report, one->item.mark, "the bootstrap 'before' has no plan: %s",
                     decision.verdict == POLICY_APPLY ? reason : decision.reason);
        return false;
    }
    for (size_t i = 0; i < plan->minted_count && i < MINTED_MAX; i++) {
        struct pki_credential *credential = &stage->credentials[subject->credential_count++];
        policy_minted_credential(&plan->minted[i], credential);
        credential->device_id = 1;
        credential->staged_at = then_at;
        credential->serial = (uint32_t)subject->credential_count;
        credential->active_at = then_at;
    }
    policy_plan_teach(plan, true, &stage->memory);
    stage->memory.device_id = 1;
    subject->memory = &stage->memory;
    policy_plan_free(plan);
    return true;
}

/* ---- the run ---- */

static bool judge(const struct cases_case *one, const struct policy_set *set, struct stage *stage,
                  struct policy_report *report, char **diff)
{
    char reason[POLICY_REASON_MAX + 1] = "";
    struct policy_decision decision = {0};
    struct policy_plan *plan = NULL;
    policy_decide(set, &stage->subject, true, one->now_at, &decision);
    if (decision.verdict == POLICY_APPLY) {
        plan =
            policy_plan_new(set, &decision, &stage->subject, one->now_at, count_up, stage, reason);
    }
    const struct cases_expect *expect = &one->expect;
    bool has_failed = decision.verdict == POLICY_APPLY && plan == NULL;
    if (has_failed && (expect->fails == NULL || strstr(reason, expect->fails) == NULL)) {
        policy_error(report, expect->item.mark, "there is no plan: %s", reason);
        return false;
    }
    if (!has_failed && expect->fails != NULL) {
        policy_error(report, expect->item.mark, "there is a plan, or no policy to make one");
    }
    bool is_good = has_failed || expect->fails == NULL;
    is_good &= policy_cases_compare(expect, set, &decision, plan, report);
    if (expect->ops.is_given) {
        is_good &= policy_cases_compare_ops(&expect->ops, set, plan, report, diff);
    }
    policy_plan_free(plan);
    return is_good;
}

bool policy_cases_run(const struct policy_cases *cases, size_t index, const struct policy_set *set,
                      struct policy_report *report, char **diff)
{
    const struct cases_case *one = cases_at(cases, index);
    struct stage stage = {.next = 0};
    *diff = NULL;
    bool is_good = stage_fill(one, &stage);
    if (!is_good) {
        policy_error(report, one->item.mark, "out of memory");
    }
    is_good = is_good && read_shown(one, set, &stage, report) &&
              (one->before == NULL || go_before(one, set, &stage, report));
    if (is_good) {
        stage.subject.seen = (struct policy_observation){
            .discover = one->discover != NULL ? &stage.discover : NULL,
            .servers = one->reads.servers != NULL ? &stage.servers : NULL,
            .access = one->reads.access != NULL ? &stage.access : NULL,
        };
        is_good = judge(one, set, &stage, report, diff);
    }
    stage_clear(&stage);
    return is_good;
}
