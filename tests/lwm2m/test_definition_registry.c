/* The reader of object definitions over the registry's own files, where they are at hand. */
#include "bootstrap/lwm2m/definition_xml.h"
#include "tests/support/cmocka_all.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    char *text = malloc(LWM2M_DEFINITION_OCTETS_MAX);
    assert_non_null(text);
    *len = fread(text, 1, LWM2M_DEFINITION_OCTETS_MAX, file);
    (void)fclose(file);
    return text;
}

static size_t read_folder(struct lwm2m_definitions *definitions, const char *folder)
{
    char path[1024];
    size_t count = 0;
    (void)snprintf(path, sizeof path, "%s/objects/%s", IMPRINT_SHARED_DIR, folder);
    DIR *directory = opendir(path);
    if (directory == NULL) {
        return 0;
    }
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        struct lwm2m_definition_fault fault;
        size_t len;
        if (strstr(entry->d_name, ".xml") == NULL) {
            continue;
        }
        (void)snprintf(path, sizeof path, "%s/objects/%s/%s", IMPRINT_SHARED_DIR, folder,
                       entry->d_name);
        char *text = read_file(path, &len);
        assert_non_null(text);
        const enum lwm2m_error error = lwm2m_definitions_add(definitions, text, len, &fault);
        if (error) {
            print_message("%s:%u:%u: %s\n", path, fault.line, fault.column, fault.text);
        }
        assert_int_equal(error, LWM2M_OK);
        free(text);
        count++;
    }
    (void)closedir(directory);
    return count;
}

static const struct {
    uint16_t object, resource;
    enum lwm2m_type type;
    bool has_range;
    int64_t min, max;
    const char *units; /* NULL: none */
    uint16_t since;
} known[] = {
    {3, 15, LWM2M_STRING, false, 0, 0, NULL, 0x100},
    {4, 2, LWM2M_INTEGER, false, 0, 0, "dBm", 0x100},
    {4, 13, LWM2M_INTEGER, true, 0, 4, NULL, 0x103},
    {5, 1, LWM2M_STRING, true, 0, 255, NULL, 0x100},
    {6, 0, LWM2M_FLOAT, false, 0, 0, "lat", 0x100},
    {8, 0, LWM2M_INTEGER, true, 0, 2, NULL, 0x100},
    {11, 21, LWM2M_INTEGER, true, 1, 9, NULL, 0x100},
    {11, 27, LWM2M_UNSIGNED, true, 0, 4, NULL, 0x101},
    {16, 0, LWM2M_STRING, false, 0, 0, NULL, 0x100},
    {3301, 5601, LWM2M_FLOAT, false, 0, 0, NULL, 0x100},
    {3301, 6050, LWM2M_FLOAT, true, 0, 1, "s", 0x101},
};

static void reads_the_registry(void **state)
{
    (void)state;
    struct lwm2m_definitions *definitions = lwm2m_definitions_new();
    assert_non_null(definitions);
    const struct lwm2m_registry *registry = lwm2m_definitions_registry(definitions);
    const size_t count = read_folder(definitions, ".") +
                         read_folder(definitions, "version_history") +
                         read_folder(definitions, "retired");
    if (count == 0) {
        lwm2m_definitions_unref(definitions);
        print_message("no object definitions in \"%s\": not read\n", IMPRINT_SHARED_DIR);
        skip();
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const struct lwm2m_resource *resource =
            lwm2m_resource_find(lwm2m_object_find(registry, known[i].object), known[i].resource);
        print_message("/%u/x/%u\n", (unsigned)known[i].object, (unsigned)known[i].resource);
        assert_non_null(resource);
        assert_int_equal(resource->type, known[i].type);
        assert_int_equal(resource->has_range, known[i].has_range);
        assert_int_equal(resource->min, known[i].min);
        assert_int_equal(resource->max, known[i].max);
        assert_string_equal(resource->units != NULL ? resource->units : "",
                            known[i].units != NULL ? known[i].units : "");
        assert_int_equal(resource->since, known[i].since);
    }
    assert_true(lwm2m_resource_find(lwm2m_object_find(registry, 11), 6)->is_secret);
    assert_true(lwm2m_resource_find(lwm2m_object_find(registry, 9), 15)->is_secret);
    lwm2m_definitions_unref(definitions);
}

static void check_same(const struct lwm2m_resource *ours, const struct lwm2m_resource *read)
{
    assert_string_equal(ours->name, read->name);
    assert_int_equal(ours->type, read->type);
    assert_int_equal(ours->operations, read->operations);
    assert_int_equal(ours->is_multiple, read->is_multiple);
    assert_int_equal(ours->is_mandatory, read->is_mandatory);
    assert_int_equal(ours->has_range, read->has_range);
    assert_int_equal(ours->min, read->min);
    assert_int_equal(ours->max, read->max);
    assert_int_equal(ours->step, read->step);
    assert_int_equal(ours->value_count, read->value_count);
    assert_int_equal(ours->has_real_range, read->has_real_range);
    assert_string_equal(ours->units != NULL ? ours->units : "",
                        read->units != NULL ? read->units : "");
}

/* What is built in is what this reader makes of the newest definition, field by field. */
static void builtin_is_what_is_read(void **state)
{
    (void)state;
    static const char *const newest[] = {"0-1_2", "1-1_2", "2-1_1", "3-1_3", "21-2_0"};
    for (size_t i = 0; i < sizeof newest / sizeof newest[0]; i++) {
        struct lwm2m_definition *definition;
        struct lwm2m_definition_fault fault;
        char path[1024];
        size_t len;
        (void)snprintf(path, sizeof path, "%s/objects/version_history/%s.xml", IMPRINT_SHARED_DIR,
                       newest[i]);
        char *text = read_file(path, &len);
        if (text == NULL) {
            print_message("no \"%s\": not compared\n", path);
            skip();
        }
        assert_int_equal(lwm2m_definition_parse(text, len, &definition, &fault), LWM2M_OK);
        free(text);
        const struct lwm2m_object *ours = lwm2m_registry_builtin()->objects[i];
        const struct lwm2m_object *read = &definition->object;
        assert_int_equal(ours->id, read->id);
        assert_string_equal(ours->name, read->name);
        assert_int_equal(ours->newest, read->newest);
        assert_int_equal(ours->is_multiple, read->is_multiple);
        assert_int_equal(ours->is_mandatory, read->is_mandatory);
        assert_int_equal(ours->resource_count, read->resource_count);
        for (size_t k = 0; k < ours->resource_count; k++) {
            print_message("/%u/x/%u\n", (unsigned)ours->id, (unsigned)read->resources[k].id);
            assert_int_equal(ours->resources[k].id, read->resources[k].id);
            check_same(&ours->resources[k], &read->resources[k]);
        }
        lwm2m_definition_free(definition);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_registry),
        cmocka_unit_test(builtin_is_what_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
