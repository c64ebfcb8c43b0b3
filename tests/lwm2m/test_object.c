/*
 * The tables of objects against the registry's own files: every resource of every version of the
 * built-in objects, and nothing more.
 */
#include "bootstrap/lwm2m/object.h"
#include "tests/support/cmocka_all.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (256 * 1024)

static const struct {
    uint16_t object;
    const char *versions; /* ascending; the last is the newest */
} files[] = {
    {0, "1.0 1.1 1.2"},     {1, "1.0 1.1 1.2"},  {2, "1.0 1.1"},
    {3, "1.0 1.1 1.2 1.3"}, {21, "1.0 1.1 2.0"},
};

static char *read_definition(uint16_t object, unsigned major, unsigned minor)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/objects/version_history/%u-%u_%u.xml", IMPRINT_SHARED_DIR,
                   (unsigned)object, major, minor);
    FILE *file = fopen(path, "rb");
    if (!file) {
        return NULL;
    }
    char *text = calloc(1, FILE_MAX);
    assert_non_null(text);
    assert_true(fread(text, 1, FILE_MAX - 1, file) < FILE_MAX - 1);
    (void)fclose(file);
    return text;
}

/* The text of element NAME behind AT and before END; runs of blanks become one, none at its ends.
 */
static void element(const char *at, const char *end, const char *name, char out[static 256])
{
    char tag[64];
    size_t len = 0;
    (void)snprintf(tag, sizeof tag, "<%s>", name);
    const char *text = strstr(at, tag);
    for (text = text && text < end ? text + strlen(tag) : "<"; *text != '<' && len < 254; text++) {
        if (!strchr(" \t\r\n", *text)) {
            out[len++] = *text;
        } else if (len > 0 && out[len - 1] != ' ') {
            out[len++] = ' ';
        }
    }
    len -= len > 0 && out[len - 1] == ' ' ? 1 : 0;
    out[len] = '\0';
}

static uint8_t operations_of(const char *text)
{
    return (uint8_t)((strchr(text, 'R') ? LWM2M_OP_READ : 0) |
                     (strchr(text, 'W') ? LWM2M_OP_WRITE : 0) |
                     (strchr(text, 'E') ? LWM2M_OP_EXECUTE : 0));
}

/* "0..255", "6", "16,32,48"; prose and nothing are no range. */
static void check_range(const struct lwm2m_resource *resource, const char *text)
{
    long long low;
    long long high;
    long long middle;
    if (sscanf(text, "%lld..%lld", &low, &high) == 2) {
        assert_int_equal(resource->min, low);
        assert_int_equal(resource->max, high);
    } else if (sscanf(text, "%lld,%lld,%lld", &low, &middle, &high) == 3) {
        assert_int_equal(resource->min, low);
        assert_int_equal(resource->max, high);
        assert_int_equal(resource->step, middle - low);
    } else if (sscanf(text, "%lld", &low) == 1) {
        assert_int_equal(resource->min, low);
        assert_int_equal(resource->max, low);
    } else {
        assert_false(resource->has_range);
        return;
    }
    assert_true(resource->has_range);
}

static void check_newest(const struct lwm2m_resource *resource, const char *item, const char *end)
{
    char text[256];
    element(item, end, "Name", text);
    assert_string_equal(resource->name, text);
    element(item, end, "Operations", text);
    assert_int_equal(resource->operations, operations_of(text));
    element(item, end, "MultipleInstances", text);
    assert_int_equal(resource->is_multiple, strcmp(text, "Multiple") == 0);
    element(item, end, "Mandatory", text);
    assert_int_equal(resource->is_mandatory, strcmp(text, "Mandatory") == 0);
    element(item, end, "Type", text);
    assert_string_equal(lwm2m_type_name(resource->type), *text ? text : "none");
    element(item, end, "RangeEnumeration", text);
    check_range(resource, text);
    element(item, end, "Units", text);
    assert_string_equal(resource->units ? resource->units : "", text);
}

/* What holds in every version: the resource is there since then, and its type but for was_string.
 */
static void check_version(const struct lwm2m_resource *resource, const char *item, const char *end,
                          uint16_t version)
{
    char text[256];
    assert_true(resource->since <= version);
    element(item, end, "Type", text);
    if (strcmp(lwm2m_type_name(resource->type), *text ? text : "none") != 0) {
        assert_string_equal(text, "String");
        assert_int_equal(resource->type, LWM2M_OPAQUE);
        assert_true(resource->was_string);
    }
}

static void check_object(const struct lwm2m_object *object, const char *text)
{
    char found[256];
    const char *end = strstr(text, "<Resources>");
    assert_non_null(end);
    element(text, end, "Name", found);
    assert_string_equal(object->name, found);
    element(text, end, "MultipleInstances", found);
    assert_int_equal(object->is_multiple, strcmp(found, "Multiple") == 0);
    element(text, end, "Mandatory", found);
    assert_int_equal(object->is_mandatory, strcmp(found, "Mandatory") == 0);
}

/* The number of resources that TEXT, a definition of VERSION, has. */
static size_t check_definition(const struct lwm2m_object *object, const char *text,
                               uint16_t version)
{
    size_t count = 0;
    for (const char *item = text; (item = strstr(item, "<Item ID=\"")); count++) {
        const char *end = strstr(item, "</Item>");
        assert_non_null(end);
        const uint16_t id = (uint16_t)strtoul(item + strlen("<Item ID=\""), NULL, 10);
        const struct lwm2m_resource *resource = lwm2m_resource_find(object, id);
        print_message("/%u/x/%u of %u.%u\n", (unsigned)object->id, (unsigned)id,
                      (unsigned)version >> 8, (unsigned)version & 0xff);
        assert_non_null(resource);
        check_version(resource, item, end, version);
        if (version == object->newest) {
            check_newest(resource, item, end);
        }
        item = end;
    }
    return count;
}

static void tables_are_the_registry(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        const struct lwm2m_object *object =
            lwm2m_object_find(lwm2m_registry_builtin(), files[i].object);
        assert_non_null(object);
        const char *versions = files[i].versions;
        for (unsigned major, minor; sscanf(versions, "%u.%u", &major, &minor) == 2; versions += 4) {
            const uint16_t version = LWM2M_VERSION(major, minor);
            char *text = read_definition(object->id, major, minor);
            if (!text) {
                print_message("no object definitions in \"%s\": not compared\n",
                              IMPRINT_SHARED_DIR);
                skip();
            }
            size_t expected = 0;
            for (size_t k = 0; k < object->resource_count; k++) {
                expected += object->resources[k].since <= version ? 1 : 0;
            }
            assert_int_equal(check_definition(object, text, version), expected);
            if (version == object->newest) {
                check_object(object, text);
            }
            free(text);
            if (strlen(versions) < 4) {
                assert_int_equal(version, object->newest);
                break;
            }
        }
    }
}

static void tables_are_in_order(void **state)
{
    (void)state;
    const struct lwm2m_registry *registry = lwm2m_registry_builtin();
    for (size_t i = 0; i < registry->object_count; i++) {
        const struct lwm2m_object *object = registry->objects[i];
        assert_true(i == 0 || registry->objects[i - 1]->id < object->id);
        for (size_t k = 0; k < object->resource_count; k++) {
            const struct lwm2m_resource *resource = &object->resources[k];
            assert_true(k == 0 || object->resources[k - 1].id < resource->id);
            assert_ptr_equal(lwm2m_resource_find(object, resource->id), resource);
            assert_ptr_equal(lwm2m_resource_by_name(object, resource->name, strlen(resource->name)),
                             resource);
        }
    }
    assert_null(lwm2m_object_find(registry, 4));
    assert_null(lwm2m_object_find(NULL, 0));
    assert_null(lwm2m_resource_find(NULL, 0));
    assert_null(lwm2m_resource_at(registry, lwm2m_path_of(2, 0, 0, 0, 0)));
}

static void secrets_are_marked(void **state)
{
    (void)state;
    static const uint16_t secrets[][2] = {{0, 5}, {0, 8}, {21, 0}, {21, 5}};
    const struct lwm2m_registry *registry = lwm2m_registry_builtin();
    size_t found = 0;
    for (size_t i = 0; i < registry->object_count; i++) {
        for (size_t k = 0; k < registry->objects[i]->resource_count; k++) {
            found += registry->objects[i]->resources[k].is_secret ? 1 : 0;
        }
    }
    assert_int_equal(found, sizeof secrets / sizeof secrets[0]);
    for (size_t i = 0; i < found; i++) {
        const struct lwm2m_path path = lwm2m_path_of(3, secrets[i][0], 1, secrets[i][1], 0);
        assert_true(lwm2m_resource_at(registry, path)->is_secret);
    }
}

static void names(void **state)
{
    (void)state;
    static const struct {
        uint16_t object;
        const char *name;
        int id; /* -1: unknown */
    } rows[] = {
        {1, "Short Server ID", 0},
        {1, "short-server-id", 0},
        {1, "SHORT_SERVER_ID", 0},
        {1, "7", 7},
        {1, "binding", 7},
        {1, "28", -1},
        {1, "short", -1},
        {1, "", -1},
        {1, "-", -1},
        {1, "binding2", -1},
        {1, "65535", -1},
        {0, "sms binding secret keys", 8},
        {3, "timezone", 15},
        {1, "100000", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct lwm2m_resource *resource =
            lwm2m_resource_by_name(lwm2m_object_find(lwm2m_registry_builtin(), rows[i].object),
                                   rows[i].name, strlen(rows[i].name));
        print_message("%s\n", rows[i].name);
        assert_int_equal(resource ? resource->id : -1, rows[i].id);
    }
    assert_null(lwm2m_resource_by_name(NULL, "binding", 7));
}

/* lwm2m-objects.md section 7. */
static void implied_versions(void **state)
{
    (void)state;
    static const struct {
        uint16_t object;
        uint16_t by_enabler[3];
    } rows[] = {
        {0, {0x100, 0x101, 0x102}},    {1, {0x100, 0x101, 0x102}}, {2, {0x100, 0x100, 0x101}},
        {3, {0x100, 0x101, 0x102}},    {4, {0x100, 0x102, 0x103}}, {5, {0x100, 0x100, 0x101}},
        {6, {0x100, 0x100, 0x100}},    {21, {0, 0x100, 0x200}},    {24, {0, 0, 0x100}},
        {3303, {0x100, 0x100, 0x100}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (uint16_t minor = 0; minor < 3; minor++) {
            assert_int_equal(lwm2m_object_implied(rows[i].object, LWM2M_VERSION(1, minor)),
                             rows[i].by_enabler[minor]);
        }
    }
    assert_int_equal(lwm2m_object_implied(0, 0), 0x100);
    assert_int_equal(lwm2m_object_implied(0, LWM2M_VERSION(2, 0)), 0x102);
}

static struct lwm2m_value integer(enum lwm2m_type type, int64_t number)
{
    return type == LWM2M_UNSIGNED
               ? (struct lwm2m_value){.type = type, .as.uinteger = (uint64_t)number}
               : (struct lwm2m_value){.type = type, .as.integer = number};
}

static struct lwm2m_value octets(enum lwm2m_type type, size_t len)
{
    static uint8_t letters[300];
    memset(letters, 'a', sizeof letters);
    return (struct lwm2m_value){.type = type, .as.bytes = {letters, len}};
}

static void ranges(void **state)
{
    (void)state;
    const struct {
        uint16_t object, resource;
        struct lwm2m_value value;
        enum lwm2m_error error;
    } rows[] = {
        {0, 10, integer(LWM2M_INTEGER, 1), LWM2M_OK},
        {0, 10, integer(LWM2M_INTEGER, 65534), LWM2M_OK},
        {0, 10, integer(LWM2M_INTEGER, 0), LWM2M_ERANGE},
        {0, 10, integer(LWM2M_INTEGER, 65535), LWM2M_ERANGE},
        {0, 10, integer(LWM2M_INTEGER, -1), LWM2M_ERANGE},
        {0, 10, integer(LWM2M_UNSIGNED, 1), LWM2M_ETYPE},
        {0, 15, integer(LWM2M_UNSIGNED, 3), LWM2M_OK},
        {0, 15, integer(LWM2M_UNSIGNED, 4), LWM2M_ERANGE},
        {0, 15, integer(LWM2M_UNSIGNED, -1), LWM2M_ERANGE},
        {2, 2, integer(LWM2M_INTEGER, 31), LWM2M_OK},
        {2, 2, integer(LWM2M_INTEGER, 32), LWM2M_ERANGE},
        {1, 1, integer(LWM2M_INTEGER, -1), LWM2M_OK},
        {3, 13, integer(LWM2M_TIME, 0), LWM2M_OK},
        {0, 0, octets(LWM2M_STRING, 255), LWM2M_OK},
        {0, 0, octets(LWM2M_STRING, 256), LWM2M_ERANGE},
        {0, 0, octets(LWM2M_OPAQUE, 1), LWM2M_ETYPE},
        {0, 7, octets(LWM2M_OPAQUE, 6), LWM2M_OK},
        {0, 7, octets(LWM2M_OPAQUE, 5), LWM2M_ERANGE},
        {0, 8, octets(LWM2M_OPAQUE, 32), LWM2M_OK},
        {0, 8, octets(LWM2M_OPAQUE, 33), LWM2M_ERANGE},
        {0, 8, octets(LWM2M_OPAQUE, 64), LWM2M_ERANGE},
        {21, 0, octets(LWM2M_OPAQUE, 16), LWM2M_OK},
        {21, 0, octets(LWM2M_STRING, 16), LWM2M_OK},
        {21, 3, octets(LWM2M_STRING, 16), LWM2M_ETYPE},
        {1, 4, {.type = LWM2M_NONE}, LWM2M_ETYPE},
        {1, 6, {.type = LWM2M_BOOLEAN}, LWM2M_OK},
        {0, 17, {.type = LWM2M_OBJLNK}, LWM2M_OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct lwm2m_resource *resource = lwm2m_resource_at(
            lwm2m_registry_builtin(), lwm2m_path_of(3, rows[i].object, 0, rows[i].resource, 0));
        print_message("row %zu: /%u/x/%u\n", i, (unsigned)rows[i].object,
                      (unsigned)rows[i].resource);
        assert_int_equal(lwm2m_resource_check(resource, &rows[i].value), rows[i].error);
    }
}

static void ranges_of_other_kinds(void **state)
{
    (void)state;
    static const int64_t lengths[] = {1, 4, 16};
    const struct lwm2m_resource latitude = {
        .type = LWM2M_FLOAT, .has_real_range = true, .real_min = -90.5, .real_max = 90.5};
    const struct lwm2m_resource percent = {.type = LWM2M_FLOAT, .has_range = true, .max = 100};
    const struct lwm2m_resource listed = {.type = LWM2M_INTEGER,
                                          .has_range = true,
                                          .min = 1,
                                          .max = 16,
                                          .values = lengths,
                                          .value_count = 3};
    const struct {
        const struct lwm2m_resource *resource;
        struct lwm2m_value value;
        enum lwm2m_error error;
    } rows[] = {
        {&latitude, {.type = LWM2M_FLOAT, .as.real = -90.5}, LWM2M_OK},
        {&latitude, {.type = LWM2M_FLOAT, .as.real = 90.5}, LWM2M_OK},
        {&latitude, {.type = LWM2M_FLOAT, .as.real = 90.6}, LWM2M_ERANGE},
        {&latitude, {.type = LWM2M_FLOAT, .as.real = -90.6}, LWM2M_ERANGE},
        {&latitude, {.type = LWM2M_FLOAT, .as.real = NAN}, LWM2M_ERANGE},
        {&latitude, {.type = LWM2M_INTEGER, .as.integer = 5}, LWM2M_ETYPE},
        {&percent, {.type = LWM2M_FLOAT, .as.real = 99.9}, LWM2M_OK},
        {&percent, {.type = LWM2M_FLOAT, .as.real = 100.1}, LWM2M_ERANGE},
        {&percent, {.type = LWM2M_FLOAT, .as.real = NAN}, LWM2M_ERANGE},
        {&listed, {.type = LWM2M_INTEGER, .as.integer = 1}, LWM2M_OK},
        {&listed, {.type = LWM2M_INTEGER, .as.integer = 4}, LWM2M_OK},
        {&listed, {.type = LWM2M_INTEGER, .as.integer = 16}, LWM2M_OK},
        {&listed, {.type = LWM2M_INTEGER, .as.integer = 2}, LWM2M_ERANGE},
        {&listed, {.type = LWM2M_INTEGER, .as.integer = 17}, LWM2M_ERANGE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        print_message("row %zu\n", i);
        assert_int_equal(lwm2m_resource_check(rows[i].resource, &rows[i].value), rows[i].error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_the_registry), cmocka_unit_test(tables_are_in_order),
        cmocka_unit_test(secrets_are_marked),      cmocka_unit_test(names),
        cmocka_unit_test(implied_versions),        cmocka_unit_test(ranges),
        cmocka_unit_test(ranges_of_other_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
