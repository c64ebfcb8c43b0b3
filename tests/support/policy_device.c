#include "tests/support/policy_device.h"

#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 8192 };

/* ---- instances ---- */

void policy_device_lose(struct policy_device *device, size_t index)
{
    lwm2m_content_clear(&device->instances[index].content);
    device->count--;
    memmove(&device->instances[index], &device->instances[index + 1],
            (device->count - index) * sizeof device->instances[0]);
    memset(&device->instances[device->count], 0, sizeof device->instances[0]);
}

void policy_device_clear(struct policy_device *device)
{
    while (device->count > 0) {
        policy_device_lose(device, device->count - 1);
    }
}

struct policy_device_instance *policy_device_at(struct policy_device *device,
                                                struct lwm2m_path path)
{
    for (size_t i = 0; i < device->count; i++) {
        if (lwm2m_path_compare(device->instances[i].path, path) == 0) {
            return &device->instances[i];
        }
    }
    return NULL;
}

static struct policy_device_instance *add(struct policy_device *device, struct lwm2m_path path)
{
    struct policy_device_instance *found = policy_device_at(device, path);
    if (found == NULL) {
        assert_true(device->count < POLICY_DEVICE_INSTANCES_MAX);
        found = &device->instances[device->count++];
        *found = (struct policy_device_instance){.path = path};
    }
    return found;
}

static const struct lwm2m_value *value_at(const struct policy_device_instance *instance,
                                          uint16_t rid)
{
    return lwm2m_content_find(&instance->content, lwm2m_path_child(instance->path, rid));
}

uint16_t policy_device_ssid(const struct policy_device_instance *instance)
{
    uint16_t rid = instance->path.id[0] == LWM2M_OBJECT_SECURITY ? 10 : 0;
    const struct lwm2m_value *value = value_at(instance, rid);
    return value != NULL && instance->path.id[0] < 2 ? (uint16_t)value->as.integer : 0;
}

bool policy_device_is_bootstrap(const struct policy_device_instance *instance)
{
    const struct lwm2m_value *value = value_at(instance, 1);
    return instance->path.id[0] == LWM2M_OBJECT_SECURITY && value != NULL && value->as.boolean;
}

static void put(struct policy_device_instance *instance, struct lwm2m_path path,
                struct lwm2m_value value)
{
    assert_int_equal(lwm2m_content_add(&instance->content, path, &value), LWM2M_OK);
}

static void put_number(struct policy_device_instance *instance, uint16_t rid, int64_t number)
{
    put(instance, lwm2m_path_child(instance->path, rid),
        (struct lwm2m_value){.type = LWM2M_INTEGER, .as.integer = number});
}

static void put_text(struct policy_device_instance *instance, uint16_t rid, enum lwm2m_type type,
                     const char *text)
{
    struct lwm2m_value value = {.type = type};
    value.as.bytes.data = (const uint8_t *)text;
    value.as.bytes.len = strlen(text);
    put(instance, lwm2m_path_child(instance->path, rid), value);
}

/* ---- a random device ---- */

static void add_security(struct policy_device *device, uint16_t id, uint16_t ssid)
{
    struct policy_device_instance *one = add(device, lwm2m_path_of(2, 0, id, 0, 0));
    put_text(one, 0, LWM2M_STRING, ssid == 0 ? "coaps://bs.example" : "coaps://old.example");
    put(one, lwm2m_path_child(one->path, 1),
        (struct lwm2m_value){.type = LWM2M_BOOLEAN, .as.boolean = ssid == 0});
    put_number(one, 2, 0);
    put_text(one, 3, LWM2M_OPAQUE, "me");
    put_text(one, 4, LWM2M_OPAQUE, "");
    put_text(one, 5, LWM2M_OPAQUE, "old secret");
    if (ssid != 0) {
        put_number(one, 10, ssid);
        put_text(one, 14, LWM2M_STRING, "left.over");
    }
}

static void add_server(struct policy_device *device, uint16_t id, uint16_t ssid, uint32_t dice)
{
    struct policy_device_instance *one = add(device, lwm2m_path_of(2, 1, id, 0, 0));
    put_number(one, 0, ssid);
    put_number(one, 1, dice % 2 == 0 ? 86400 : 60);
    if (dice % 3 == 0) {
        put_number(one, 5, 7);
    }
    put(one, lwm2m_path_child(one->path, 6),
        (struct lwm2m_value){.type = LWM2M_BOOLEAN, .as.boolean = dice % 5 != 0});
    put_text(one, 7, LWM2M_STRING, dice % 7 == 0 ? "UQ" : "U");
}

static void add_access(struct policy_device *device, uint16_t id, uint32_t dice)
{
    struct policy_device_instance *one = add(device, lwm2m_path_of(2, 2, id, 0, 0));
    put_number(one, 0, dice % 2 == 0 ? 3 : 1);
    put_number(one, 1, dice % 2 == 0 ? 0 : id);
    for (unsigned i = 0; i < 6; i++) {
        if ((dice >> (4 + i) & 1) != 0) {
            put(one, lwm2m_path_of(4, 2, id, 2, (uint16_t)(100 + i)),
                (struct lwm2m_value){.type = LWM2M_INTEGER, .as.integer = 1 + i});
        }
    }
    put_number(one, 3, dice % 3 == 0 ? 65535 : 100 + dice % 6);
}

void policy_device_random(struct policy_device *device, uint32_t *seed)
{
    uint32_t dice = policy_case_next(seed);
    *device = (struct policy_device){.minor = dice % 3,
                                     .merges = (dice >> 4 & 1) != 0,
                                     .shows_uri = (dice >> 5 & 3) != 0,
                                     .has_access = (dice >> 7 & 3) != 0,
                                     .refuses_absent = (dice >> 9 & 1) != 0};
    uint16_t bootstrap = (uint16_t)((dice >> 12) % 4);
    add_security(device, bootstrap, 0);
    for (uint16_t i = 0; i < 6; i++) {
        uint32_t roll = policy_case_next(seed);
        uint16_t ssid = (uint16_t)(100 + (roll >> 8) % 6);
        if (i != bootstrap && roll % 4 == 0) {
            add_security(device, i, ssid);
        }
        if (roll % 4 == 0 || roll % 9 == 1) {
            add_server(device, i, ssid, policy_case_next(seed));
        }
        if (device->has_access && roll % 7 == 0 && i < 2) {
            add_access(device, i, policy_case_next(seed));
        }
    }
}

/* ---- what it shows ---- */

static size_t show(const struct policy_device *device, const struct policy_device_instance *one,
                   char *text, size_t used)
{
    char path[LWM2M_PATH_TEXT];
    uint16_t ssid = policy_device_ssid(one);
    const struct lwm2m_value *uri = value_at(one, 0);
    used +=
        (size_t)snprintf(text + used, TEXT_MAX - used, ",<%s>", lwm2m_path_text(one->path, path));
    if (ssid != 0) {
        used += (size_t)snprintf(text + used, TEXT_MAX - used, ";ssid=%u", (unsigned)ssid);
    }
    if (one->path.id[0] == 0 && device->shows_uri && uri != NULL) {
        used += (size_t)snprintf(text + used, TEXT_MAX - used, ";uri=\"%.*s\"",
                                 (int)uri->as.bytes.len, (const char *)uri->as.bytes.data);
    }
    return used;
}

void policy_device_discover(const struct policy_device *device, struct lwm2m_discover *discover)
{
    char text[TEXT_MAX];
    size_t used = (size_t)snprintf(text, sizeof text, "</>;lwm2m=1.%u,</0>,</1>,</3/0>,</5>%s",
                                   device->minor, device->has_access ? ",</2>" : "");
    for (size_t i = 0; i < device->count; i++) {
        used = show(device, &device->instances[i], text, used);
    }
    *discover = (struct lwm2m_discover){0};
    assert_int_equal(lwm2m_discover_parse(text, used, discover), LWM2M_OK);
}

void policy_device_read(const struct policy_device *device, uint16_t object,
                        struct lwm2m_content *content)
{
    *content = (struct lwm2m_content){0};
    for (size_t i = 0; i < device->count; i++) {
        const struct policy_device_instance *one = &device->instances[i];
        for (size_t j = 0; one->path.id[0] == object && j < one->content.count; j++) {
            assert_int_equal(lwm2m_content_add(content, one->content.leaves[j].path,
                                               &one->content.leaves[j].value),
                             LWM2M_OK);
        }
    }
    assert_int_equal(lwm2m_content_sort(content), LWM2M_OK);
}

/* ---- what is done to it ---- */

/* Drops what KEEPS does not keep of INSTANCE. */
static void rebuild(struct policy_device_instance *instance,
                    bool (*keeps)(const struct lwm2m_leaf *leaf, const void *context),
                    const void *context)
{
    struct lwm2m_content fresh = {0};
    for (size_t i = 0; i < instance->content.count; i++) {
        const struct lwm2m_leaf *leaf = &instance->content.leaves[i];
        if (keeps(leaf, context)) {
            assert_int_equal(lwm2m_content_add(&fresh, leaf->path, &leaf->value), LWM2M_OK);
        }
    }
    lwm2m_content_clear(&instance->content);
    instance->content = fresh;
}

static bool is_not_of_server(const struct lwm2m_leaf *leaf, const void *context)
{
    const uint16_t *ssid = context;
    return leaf->path.depth != 4 || leaf->path.id[3] != *ssid;
}

/* lwm2m-objects.md 4.6: the paired /1 instance goes, and the server's rows. */
static void unbootstrap(struct policy_device *device, uint16_t ssid)
{
    for (size_t i = device->count; i-- > 0;) {
        struct policy_device_instance *one = &device->instances[i];
        if (one->path.id[0] == 2) {
            rebuild(one, is_not_of_server, &ssid);
        } else if (one->path.id[0] == 1 && policy_device_ssid(one) == ssid) {
            policy_device_lose(device, i);
        }
    }
}

static void delete (struct policy_device *device, struct lwm2m_path path)
{
    bool has_any = path.depth == 1;
    for (size_t i = 0; i < device->count;) {
        const struct policy_device_instance *one = &device->instances[i];
        bool is_spared = path.depth == 1 && policy_device_is_bootstrap(one);
        if (!lwm2m_path_under(one->path, path) || is_spared) {
            i++;
            continue;
        }
        uint16_t ssid = one->path.id[0] == 0 ? policy_device_ssid(one) : 0;
        policy_device_lose(device, i);
        has_any = true;
        if (ssid != 0) {
            unbootstrap(device, ssid);
            i = 0;
        }
    }
    device->has_refused = device->has_refused || (!has_any && device->refuses_absent);
}

static bool is_not_written(const struct lwm2m_leaf *leaf, const void *context)
{
    const struct policy_op *op = context;
    for (size_t i = 0; i < op->leaf_count; i++) {
        if (op->leaves[i].path.id[2] == leaf->path.id[2]) {
            return false;
        }
    }
    return true;
}

static void write(struct policy_device *device, const struct policy_op *op)
{
    struct lwm2m_path path = lwm2m_path_of(2, op->path.id[0], op->path.id[1], 0, 0);
    struct policy_device_instance *one = add(device, path);
    if (op->path.depth == 2 && !device->merges) {
        lwm2m_content_clear(&one->content);
    }
    rebuild(one, is_not_written, op);
    for (size_t i = 0; i < op->leaf_count; i++) {
        put(one, op->leaves[i].path, op->leaves[i].value);
    }
    assert_int_equal(lwm2m_content_sort(&one->content), LWM2M_OK);
}

void policy_device_apply(struct policy_device *device, const struct policy_plan *plan)
{
    device->has_refused = false;
    for (size_t i = 0; i < plan->op_count; i++) {
        if (plan->ops[i].kind == POLICY_OP_DELETE) {
            delete (device, plan->ops[i].path);
        } else {
            write(device, &plan->ops[i]);
        }
    }
}

bool policy_device_same(const struct lwm2m_leaf *a, size_t a_count, const struct lwm2m_leaf *b,
                        size_t b_count)
{
    for (size_t i = 0; i < a_count && i < b_count; i++) {
        if (a[i].path.depth != b[i].path.depth || a[i].path.id[2] != b[i].path.id[2] ||
            a[i].path.id[3] != b[i].path.id[3] || !lwm2m_value_equal(&a[i].value, &b[i].value)) {
            return false;
        }
    }
    return a_count == b_count;
}
