/* Object definitions: every refusal with its place, versions put together, bounds. */
#include "bootstrap/lwm2m/definition.h"
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD                                                                                       \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                                                 \
    "<LWM2M><Object ObjectType=\"MODefinition\">\n"
#define OBJECT(id, version)                                                                        \
    HEAD "<Name>Meter</Name><ObjectID>" id "</ObjectID><ObjectVersion>" version                    \
         "</ObjectVersion>\n<MultipleInstances>Multiple</MultipleInstances>"                       \
         "<Mandatory>Optional</Mandatory>\n<Resources>\n"
#define ITEM(id, name, operations, type, range)                                                    \
    "<Item ID=\"" id "\"><Name>" name "</Name><Operations>" operations "</Operations>"             \
    "<MultipleInstances>Single</MultipleInstances><Mandatory>Optional</Mandatory>"                 \
    "<Type>" type "</Type><RangeEnumeration>" range "</RangeEnumeration><Units>s</Units>"          \
    "<Description>any</Description></Item>\n"
#define TAIL "</Resources></Object></LWM2M>\n"

static enum lwm2m_error add(struct lwm2m_definitions *definitions, const char *text,
                            struct lwm2m_definition_fault *fault)
{
    return lwm2m_definitions_add(definitions, text, strlen(text), fault);
}

static struct lwm2m_definitions *collection(void)
{
    struct lwm2m_definitions *definitions = lwm2m_definitions_new();
    assert_non_null(definitions);
    return definitions;
}

static const struct lwm2m_object *find(const struct lwm2m_definitions *definitions, uint16_t id)
{
    return lwm2m_object_find(lwm2m_definitions_registry(definitions), id);
}

static void reads(void **state)
{
    (void)state;
    static const char text[] = OBJECT("33000", "1.2") ITEM("7", "Second", "RW", "Integer", "0..9")
        ITEM("1", " First \n one ", "R", "String", "") ITEM("9", "Go", "E", "", "")
            ITEM("10", "Wi-Fi Password", "W", "Opaque", "") TAIL;
    struct lwm2m_definitions *definitions = collection();
    struct lwm2m_definition_fault fault;
    assert_int_equal(add(definitions, text, &fault), LWM2M_OK);
    const struct lwm2m_object *object = find(definitions, 33000);
    assert_non_null(object);
    assert_string_equal(object->name, "Meter");
    assert_true(object->is_multiple);
    assert_false(object->is_mandatory);
    assert_int_equal(object->newest, LWM2M_VERSION(1, 2));
    assert_int_equal(object->resource_count, 4);
    const struct lwm2m_resource *first = &object->resources[0];
    assert_int_equal(first->id, 1);
    assert_string_equal(first->name, "First one");
    assert_string_equal(first->units, "s");
    assert_int_equal(first->since, LWM2M_VERSION(1, 0));
    const struct lwm2m_resource *second = lwm2m_resource_by_name(object, "second", 6);
    assert_int_equal(second->id, 7);
    assert_int_equal(second->operations, LWM2M_OP_READ | LWM2M_OP_WRITE);
    assert_int_equal(second->type, LWM2M_INTEGER);
    assert_false(second->is_secret);
    assert_int_equal(lwm2m_resource_find(object, 9)->type, LWM2M_NONE);
    assert_true(lwm2m_resource_find(object, 10)->is_secret);
    assert_int_equal(find(definitions, 3)->resource_count, 23);
    lwm2m_definitions_unref(definitions);
}

static void lists_bound_values(void **state)
{
    (void)state;
    struct lwm2m_definitions *definitions = collection();
    struct lwm2m_definition_fault fault;
    assert_int_equal(add(definitions,
                         OBJECT("33000", "1.0") ITEM("0", "Rate", "RW", "Integer", "1,4,16") TAIL,
                         &fault),
                     LWM2M_OK);
    const struct lwm2m_resource *rate = lwm2m_resource_find(find(definitions, 33000), 0);
    for (int64_t number = 0; number < 20; number++) {
        const struct lwm2m_value value = {.type = LWM2M_INTEGER, .as.integer = number};
        assert_int_equal(lwm2m_resource_check(rate, &value),
                         number == 1 || number == 4 || number == 16 ? LWM2M_OK : LWM2M_ERANGE);
    }
    lwm2m_definitions_unref(definitions);
}

#define FIRST   ITEM("0", "First", "R", "String", "")
#define DEEP_4  "<x><x><x><x>"
#define FLAT_4  "</x></x></x></x>"
#define BARE(x) "<Name>M</Name><ObjectID>" x "</ObjectID>"

static const struct {
    const char *what, *text;
    enum lwm2m_error error;
    unsigned line, column;
    const char *says;
} refused[] = {
    {"nothing", "", LWM2M_EFORMAT, 1, 1, "not XML"},
    {"no XML", "imprint: 1\n", LWM2M_EFORMAT, 1, 1, "not XML"},
    {"cut", OBJECT("5", "1.0") FIRST, LWM2M_EFORMAT, 7, 1, "not XML"},
    {"another document", "<DDF><Object/></DDF>", LWM2M_EUNSUPPORTED, 1, 1, "no object"},
    {"no object", "<LWM2M></LWM2M>", LWM2M_EUNSUPPORTED, 1, 1, "no object"},
    {"two objects", OBJECT("5", "1.0") "</Resources></Object>\n<Object/></LWM2M>", LWM2M_EFORMAT, 7,
     1, "second Object"},
    {"a DOCTYPE", "<!DOCTYPE LWM2M>\n<LWM2M/>", LWM2M_EFORMAT, 1, 16, "DOCTYPE"},
    {"entities that double",
     "<?xml version=\"1.0\"?>\n<!DOCTYPE l [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><l>&b;</l>",
     LWM2M_EFORMAT, 2, 13, "DOCTYPE"},
    {"an external entity",
     "<!DOCTYPE l [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><LWM2M>&x;</LWM2M>", LWM2M_EFORMAT, 1,
     13, "DOCTYPE"},
    {"an entity of nobody", "<LWM2M><Object><Name>&x;</Name></Object></LWM2M>", LWM2M_EFORMAT, 1,
     22, "not XML"},
    {"an encoding of nobody", "<?xml version=\"1.0\" encoding=\"klingon\"?><LWM2M/>", LWM2M_EFORMAT,
     1, 31, "not XML"},
    {"no name", HEAD "<ObjectID>5</ObjectID></Object></LWM2M>", LWM2M_EFORMAT, 2, 8, "lacks Name"},
    {"an empty name", HEAD "<Name> </Name></Object></LWM2M>", LWM2M_EFORMAT, 3, 1, "Name"},
    {"a field twice", HEAD "<Name>a</Name>\n<Name>b</Name></Object></LWM2M>", LWM2M_EFORMAT, 4, 1,
     "Name is given twice"},
    {"an id that is none", HEAD BARE("x") "</Object></LWM2M>", LWM2M_ERANGE, 3, 15, "ObjectID"},
    {"an id too large", HEAD BARE("65535") "</Object></LWM2M>", LWM2M_ERANGE, 3, 15, "ObjectID"},
    {"an id far too large", HEAD BARE("99999999999") "</Object></LWM2M>", LWM2M_ERANGE, 3, 15,
     "ObjectID"},
    {"a version that is none", OBJECT("5", "one") TAIL, LWM2M_EFORMAT, 3, 41, "ObjectVersion"},
    {"version 0", OBJECT("5", "0.9") TAIL, LWM2M_EFORMAT, 3, 41, "ObjectVersion"},
    {"an item without an id", OBJECT("5", "1.0") "<Item></Item>" TAIL, LWM2M_ERANGE, 6, 1, "ID"},
    {"an item's id too large", OBJECT("5", "1.0") ITEM("70000", "a", "R", "Time", "") TAIL,
     LWM2M_ERANGE, 6, 1, "ID"},
    {"an item without a type",
     OBJECT("5", "1.0") "<Item ID=\"1\"><Name>a</Name><Operations>R</Operations>"
                        "<MultipleInstances>Single</MultipleInstances>"
                        "<Mandatory>Optional</Mandatory></Item>" TAIL,
     LWM2M_EFORMAT, 6, 1, "lacks Type"},
    {"a type left empty", OBJECT("5", "1.0") FIRST ITEM("1", "a", "RW", "", "") TAIL, LWM2M_ETYPE,
     7, 1, "resource 1 has no Type"},
    {"an unknown type", OBJECT("5", "1.0") ITEM("1", "a", "RW", "Text", "") TAIL, LWM2M_ETYPE, 6,
     131, "'Text' is not a Type"},
    {"operations", OBJECT("5", "1.0") ITEM("1", "a", "RX", "Time", "") TAIL, LWM2M_EFORMAT, 6, 28,
     "Operations"},
    {"a resource twice", OBJECT("5", "1.0") FIRST ITEM("1", "a", "R", "Time", "") FIRST TAIL,
     LWM2M_EPATH, 8, 1, "resource 0 is defined twice"},
    {"a fact that is neither",
     HEAD BARE("5") "\n<MultipleInstances>Many</MultipleInstances></Object></LWM2M>", LWM2M_EFORMAT,
     4, 1, "MultipleInstances must be Multiple or Single"},
    {"too deep", DEEP_4 DEEP_4 DEEP_4 DEEP_4 "<x/>" FLAT_4 FLAT_4 FLAT_4 FLAT_4, LWM2M_ELIMIT, 1,
     49, "deep"},
};

static void refuses(void **state)
{
    (void)state;
    struct lwm2m_definitions *definitions = collection();
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct lwm2m_definition_fault fault = {0};
        print_message("%s\n", refused[i].what);
        assert_int_equal(add(definitions, refused[i].text, &fault), refused[i].error);
        print_message("    %u:%u: %s\n", fault.line, fault.column, fault.text);
        assert_int_equal(fault.line, refused[i].line);
        assert_int_equal(fault.column, refused[i].column);
        assert_non_null(strstr(fault.text, refused[i].says));
        assert_int_equal(lwm2m_definitions_registry(definitions)->object_count,
                         lwm2m_registry_builtin()->object_count);
    }
    lwm2m_definitions_unref(definitions);
}

static void takes(void **state)
{
    (void)state;
    static const struct {
        const char *what, *text;
    } rows[] = {
        {"only an executable with a type",
         OBJECT("5000", "1.0") ITEM("0", "Go", "E", "String", "0..9") TAIL},
        {"operations in other ways", OBJECT("5000", "1.0") ITEM("0", "a", "R, W", "time", "") TAIL},
        {"no version", HEAD BARE("5000") "<MultipleInstances>Single</MultipleInstances>"
                                         "<Mandatory>Mandatory</Mandatory><Resources/>"
                                         "</Object></LWM2M>"},
        {"an empty version", OBJECT("5000", "") TAIL},
        {"a version of three parts", OBJECT("5000", "1.0.1") TAIL},
        {"processing instructions and comments",
         "<?xml-stylesheet href=\"http://example.com/x.xsl\"?><!-- c -->\n<LWM2M><!-- c --><?x y?>"
         "<Object>" BARE("5000") "<MultipleInstances>Single</MultipleInstances>"
                                 "<Mandatory>Optional</Mandatory><Resources></Resources></Object>"
                                 "</LWM2M>"},
        {"what nobody knows",
         OBJECT("5000", "1.0") "<Note><Item ID=\"1\"/></Note>" FIRST "</Resources>"
                               "<Description2><Object/></Description2></Object><More/></LWM2M>"},
        {"text in pieces", OBJECT("5000", "1.0") ITEM("0", "a<![CDATA[ & ]]>b&lt;", "R", "Time",
                                                      "<b>0</b>0..9") TAIL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lwm2m_definitions *definitions = collection();
        struct lwm2m_definition_fault fault = {0};
        print_message("%s\n", rows[i].what);
        assert_int_equal(add(definitions, rows[i].text, &fault), LWM2M_OK);
        const struct lwm2m_object *object = find(definitions, 5000);
        assert_non_null(object);
        assert_int_equal(object->newest, LWM2M_VERSION(1, 0));
        if (i + 1 == sizeof rows / sizeof rows[0]) {
            assert_string_equal(object->resources[0].name, "a & b<");
            assert_int_equal(object->resources[0].max, 9);
        }
        lwm2m_definitions_unref(definitions);
    }
}

/* Of several versions the newest counts, in whatever order they come; what an older one lacks is
 * since the one that has it. */
static void versions(void **state)
{
    (void)state;
    static const char *const texts[] = {
        OBJECT("33000", "1.0") ITEM("0", "Old name", "R", "String", "") TAIL,
        OBJECT("33000", "1.1") ITEM("0", "Name", "RW", "String", "")
            ITEM("1", "More", "R", "Time", "") TAIL,
        OBJECT("33000", "2.0") ITEM("0", "Name", "RW", "String", "")
            ITEM("1", "More", "R", "Time", "") ITEM("2", "Last", "R", "Time", "") TAIL,
    };
    static const unsigned orders[][3] = {{0, 1, 2}, {2, 1, 0}, {1, 2, 0}, {2, 0, 1}};
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        struct lwm2m_definitions *definitions = collection();
        struct lwm2m_definition_fault fault;
        for (size_t k = 0; k < 3; k++) {
            assert_int_equal(add(definitions, texts[orders[i][k]], &fault), LWM2M_OK);
        }
        const struct lwm2m_object *object = find(definitions, 33000);
        assert_int_equal(object->newest, LWM2M_VERSION(2, 0));
        assert_int_equal(object->resource_count, 3);
        assert_string_equal(object->resources[0].name, "Name");
        assert_int_equal(object->resources[0].operations, LWM2M_OP_READ | LWM2M_OP_WRITE);
        assert_int_equal(object->resources[0].since, LWM2M_VERSION(1, 0));
        assert_int_equal(object->resources[1].since, LWM2M_VERSION(1, 1));
        assert_int_equal(object->resources[2].since, LWM2M_VERSION(2, 0));
        assert_int_equal(lwm2m_definitions_registry(definitions)->object_count, 6);
        lwm2m_definitions_unref(definitions);
    }
}

static void the_later_of_one_version_counts(void **state)
{
    (void)state;
    struct lwm2m_definitions *definitions = collection();
    struct lwm2m_definition_fault fault;
    assert_int_equal(
        add(definitions, OBJECT("33000", "1.0") ITEM("0", "Was", "R", "Time", "") TAIL, &fault),
        LWM2M_OK);
    assert_int_equal(
        add(definitions, OBJECT("33000", "1.0") ITEM("0", "Is", "R", "Time", "") TAIL, &fault),
        LWM2M_OK);
    assert_string_equal(find(definitions, 33000)->resources[0].name, "Is");
    lwm2m_definitions_unref(definitions);
}

/* A vendor's Server object: what is built in stays as it is, what it lacks is added. */
static void builtin_stay(void **state)
{
    (void)state;
    struct lwm2m_definitions *definitions = collection();
    struct lwm2m_definition_fault fault;
    assert_int_equal(add(definitions,
                         OBJECT("1", "1.1") ITEM("0", "Mine", "W", "String", "")
                             ITEM("26241", "Vendor", "RW", "Integer", "0..9") TAIL,
                         &fault),
                     LWM2M_OK);
    const struct lwm2m_object *builtin = lwm2m_object_find(lwm2m_registry_builtin(), 1);
    const struct lwm2m_object *object = find(definitions, 1);
    assert_string_equal(object->name, builtin->name);
    assert_int_equal(object->newest, builtin->newest);
    assert_int_equal(object->resource_count, builtin->resource_count + 1);
    for (size_t i = 0; i < builtin->resource_count; i++) {
        const struct lwm2m_resource *one = lwm2m_resource_find(object, builtin->resources[i].id);
        assert_memory_equal(one, &builtin->resources[i], sizeof *one);
    }
    const struct lwm2m_resource *vendor = lwm2m_resource_find(object, 26241);
    assert_non_null(vendor);
    assert_int_equal(vendor->max, 9);
    assert_int_equal(vendor->since, LWM2M_VERSION(1, 0));
    lwm2m_definitions_unref(definitions);
}

static void secrets(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool is_secret;
    } rows[] = {
        {"Password", true},
        {"Secret", true},
        {"PIN", true},
        {"SIM PUK", true},
        {"Wi-Fi PSK", true},
        {"Server Private Key", true},
        {"Key (Passphrase)", true},
        {"Pin Count", true},
        {"Spinning", false},
        {"Public Key", false},
        {"Pinout", false},
        {"Secretary", false},
        {"Password-Expiry", true},
        {"Access Token", true},
        {"WEP Key 1", true},
        {"WPA Key Phrase", true},
        {"WPA Pre Shared Key", true},
        {"Key Index", false},
        {"Broken", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lwm2m_definitions *definitions = collection();
        struct lwm2m_definition_fault fault;
        char text[2048];
        (void)snprintf(text, sizeof text,
                       OBJECT("33000", "1.0") ITEM("0", "%s", "RW", "String", "") TAIL,
                       rows[i].name);
        print_message("%s\n", rows[i].name);
        assert_int_equal(add(definitions, text, &fault), LWM2M_OK);
        assert_int_equal(find(definitions, 33000)->resources[0].is_secret, rows[i].is_secret);
        lwm2m_definitions_unref(definitions);
    }
}

static void is_bounded(void **state)
{
    (void)state;
    const size_t room = LWM2M_DEFINITION_OCTETS_MAX + 4096;
    char *text = malloc(room);
    struct lwm2m_definitions *definitions = collection();
    struct lwm2m_definition_fault fault;
    assert_non_null(text);
    for (unsigned count = LWM2M_DEFINITION_RESOURCES_MAX;
         count <= LWM2M_DEFINITION_RESOURCES_MAX + 1; count++) {
        size_t len = (size_t)snprintf(text, room, "%s", OBJECT("33000", "1.0"));
        for (unsigned i = 0; i < count; i++) {
            len += (size_t)snprintf(text + len, room - len, ITEM("%u", "n", "R", "Time", ""), i);
        }
        len += (size_t)snprintf(text + len, room - len, "%s", TAIL);
        assert_int_equal(lwm2m_definitions_add(definitions, text, len, &fault),
                         count > LWM2M_DEFINITION_RESOURCES_MAX ? LWM2M_ELIMIT : LWM2M_OK);
    }
    memset(text, ' ', room);
    assert_int_equal(
        lwm2m_definitions_add(definitions, text, LWM2M_DEFINITION_OCTETS_MAX + 1, &fault),
        LWM2M_ELIMIT);
    free(text);
    lwm2m_definitions_unref(definitions);
}

static void long_texts(void **state)
{
    (void)state;
    struct lwm2m_definitions *definitions = collection();
    struct lwm2m_definition_fault fault;
    char text[4096];
    (void)snprintf(text, sizeof text,
                   OBJECT("33000", "1.0") ITEM("0", "%0255d", "RW", "Integer", "%01000d..9") TAIL,
                   1, 1);
    assert_int_equal(add(definitions, text, &fault), LWM2M_OK);
    assert_false(find(definitions, 33000)->resources[0].has_range);
    (void)snprintf(text, sizeof text,
                   OBJECT("33001", "1.0") ITEM("0", "%0256d", "RW", "Integer", "") TAIL, 1);
    assert_int_equal(add(definitions, text, &fault), LWM2M_ELIMIT);
    assert_null(find(definitions, 33001));
    lwm2m_definitions_unref(definitions);
}

static void references(void **state)
{
    (void)state;
    struct lwm2m_definitions *definitions = collection();
    assert_ptr_equal(lwm2m_definitions_ref(definitions), definitions);
    lwm2m_definitions_unref(definitions);
    assert_non_null(find(definitions, 21));
    lwm2m_definitions_unref(definitions);
    lwm2m_definitions_unref(NULL);
    assert_ptr_equal(lwm2m_definitions_registry(NULL), lwm2m_registry_builtin());
}

static void many_objects(void **state)
{
    (void)state;
    struct lwm2m_definitions *definitions = collection();
    struct lwm2m_definition_fault fault;
    char text[1024];
    for (unsigned id = 300; id > 200; id--) {
        (void)snprintf(text, sizeof text, OBJECT("%u", "1.0") TAIL, id);
        assert_int_equal(add(definitions, text, &fault), LWM2M_OK);
    }
    const struct lwm2m_registry *registry = lwm2m_definitions_registry(definitions);
    assert_int_equal(registry->object_count, lwm2m_registry_builtin()->object_count + 100);
    for (size_t i = 1; i < registry->object_count; i++) {
        assert_true(registry->objects[i - 1]->id < registry->objects[i]->id);
    }
    lwm2m_definitions_unref(definitions);
}

static void as_many_as_there_is_room_for(void **state)
{
    (void)state;
    struct lwm2m_definitions *definitions = lwm2m_definitions_new();
    struct lwm2m_definition_fault fault;
    char text[1024];
    assert_non_null(definitions);
    for (unsigned i = 0; i <= LWM2M_DEFINITION_OBJECTS_MAX; i++) {
        (void)snprintf(text, sizeof text, OBJECT("%u", "1.0") TAIL, 30000 + i);
        assert_int_equal(add(definitions, text, &fault),
                         i == LWM2M_DEFINITION_OBJECTS_MAX ? LWM2M_ELIMIT : LWM2M_OK);
    }
    assert_non_null(strstr(fault.text, "too many"));
    assert_non_null(find(definitions, 30000));
    assert_null(find(definitions, 30000 + LWM2M_DEFINITION_OBJECTS_MAX));
    lwm2m_definitions_unref(definitions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads),
        cmocka_unit_test(lists_bound_values),
        cmocka_unit_test(refuses),
        cmocka_unit_test(takes),
        cmocka_unit_test(versions),
        cmocka_unit_test(the_later_of_one_version_counts),
        cmocka_unit_test(builtin_stay),
        cmocka_unit_test(secrets),
        cmocka_unit_test(is_bounded),
        cmocka_unit_test(long_texts),
        cmocka_unit_test(references),
        cmocka_unit_test(many_objects),
        cmocka_unit_test(as_many_as_there_is_room_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
