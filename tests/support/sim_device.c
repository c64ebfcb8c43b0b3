#include "tests/support/sim_device.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/lwm2m_text.h"

#include <string.h>

static struct sim_device *make(uint16_t version, uint16_t instance,
                               const struct sim_profile *profile, uint16_t further)
{
    const struct sim_factory factory = {.version = version,
                                        .bootstrap_instance = instance,
                                        .profile = profile,
                                        .more = &further,
                                        .more_count = further != 0,
                                        .server_uri = "coaps://bs.example",
                                        .identity = (const uint8_t *)"device",
                                        .identity_len = 6,
                                        .key = (const uint8_t *)"0123456789abcdef",
                                        .key_len = 16};
    struct sim_device *device = sim_device_new(&factory);
    assert_non_null(device);
    return device;
}

struct sim_device *test_device(uint16_t version, uint16_t instance)
{
    return make(version, instance, NULL, 0);
}

struct sim_device *test_device_with(const char *behaviours, uint16_t further)
{
    struct sim_profile profile = {0};
    char fault[SIM_FAULT_MAX + 1] = "";
    bool is_ok = sim_profile_apply(&profile, behaviours, fault);
    assert_string_equal(fault, "");
    assert_true(is_ok);
    return make(0, 0, &profile, further);
}

static struct lwm2m_path path_of(const char *text)
{
    struct lwm2m_path path;
    assert_int_equal(lwm2m_path_parse(text, strlen(text), &path), LWM2M_OK);
    return path;
}

uint8_t test_device_write(struct sim_device *device, const char *path, const char *leaves)
{
    struct lwm2m_content content = {0};
    test_leaves_parse(leaves, &content);
    uint8_t code = sim_device_write(device, path_of(path), content.leaves, content.count);
    lwm2m_content_clear(&content);
    return code;
}

uint8_t test_device_delete(struct sim_device *device, const char *path)
{
    return sim_device_delete(device, path_of(path));
}

const char *test_device_text(const struct sim_device *device, const char *path)
{
    static struct lwm2m_leaf leaves[LWM2M_LEAVES_MAX];
    const struct sim_store *store = sim_device_store(device);
    struct lwm2m_content shown = {.leaves = leaves};
    for (size_t i = 0; i < store->count; i++) {
        const struct sim_instance *in = &store->instances[i];
        const struct lwm2m_path at = lwm2m_path_of(2, in->object, in->instance, 0, 0);
        if (!lwm2m_path_under(at, path_of(path))) {
            continue;
        }
        if (in->count == 0) {
            leaves[shown.count++] = (struct lwm2m_leaf){.path = at};
        }
        for (size_t k = 0; k < in->count; k++) {
            leaves[shown.count++] = in->leaves[k];
        }
    }
    return test_leaves_text(&shown);
}
