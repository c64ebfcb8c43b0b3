#include "bootstrap/lwm2m/definition_xml.h"

#include "bootstrap/lwm2m/definition_reader.h"

#include <expat.h>
#include <stdlib.h>

struct session {
    XML_Parser xml;
    struct definition_reader reader;
};

static void begin_event(struct session *session)
{
    session->reader.at =
        (struct definition_place){(unsigned)XML_GetCurrentLineNumber(session->xml),
                                  (unsigned)XML_GetCurrentColumnNumber(session->xml) + 1};
}

/* A fault ends the reading. */
static void end_event(struct session *session)
{
    if (session->reader.error) {
        (void)XML_StopParser(session->xml, XML_FALSE);
    }
}

static void XMLCALL on_start(void *context, const XML_Char *name, const XML_Char **attributes)
{
    begin_event(context);
    lwm2m_definition_begin(&((struct session *)context)->reader, name, attributes);
    end_event(context);
}

static void XMLCALL on_end(void *context, const XML_Char *name)
{
    (void)name;
    begin_event(context);
    lwm2m_definition_end(&((struct session *)context)->reader);
    end_event(context);
}

static void XMLCALL on_text(void *context, const XML_Char *text, int len)
{
    lwm2m_definition_text(&((struct session *)context)->reader, text, (size_t)len);
}

/* Without a DOCTYPE there are no entities but XML's own five: nothing expands, nothing is loaded.
 */
static void XMLCALL on_doctype(void *context, const XML_Char *name, const XML_Char *system_id,
                               const XML_Char *public_id, int has_subset)
{
    struct session *const session = context;
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_subset;
    begin_event(session);
    lwm2m_definition_fail(&session->reader, LWM2M_EFORMAT, session->reader.at,
                          "a DOCTYPE is not taken");
    end_event(session);
}

/* libexpat's codes as ours. */
static enum lwm2m_error error_of(enum XML_Error code)
{
    return code == XML_ERROR_NO_MEMORY ? LWM2M_ENOMEM : LWM2M_EFORMAT;
}

static void read_all(struct session *session, const char *text, size_t len)
{
    struct definition_reader *const reader = &session->reader;
    const struct definition_place start = {1, 1};
    if (len > LWM2M_DEFINITION_OCTETS_MAX) {
        lwm2m_definition_fail(reader, LWM2M_ELIMIT, start, "more than %u octets",
                              LWM2M_DEFINITION_OCTETS_MAX);
        return;
    }
    XML_SetUserData(session->xml, session);
    XML_SetElementHandler(session->xml, on_start, on_end);
    XML_SetCharacterDataHandler(session->xml, on_text);
    XML_SetStartDoctypeDeclHandler(session->xml, on_doctype);
    (void)XML_SetParamEntityParsing(session->xml, XML_PARAM_ENTITY_PARSING_NEVER);
    if (XML_Parse(session->xml, text, (int)len, XML_TRUE) != XML_STATUS_OK) {
        const enum XML_Error code = XML_GetErrorCode(session->xml);
        begin_event(session);
        lwm2m_definition_fail(reader, error_of(code), reader->at, "not XML: %s",
                              XML_ErrorString(code));
    }
    if (!reader->has_object) {
        lwm2m_definition_fail(reader, LWM2M_EUNSUPPORTED, start, "no object is defined here");
    }
}

void lwm2m_definition_free(struct lwm2m_definition *definition)
{
    if (definition == NULL) {
        return;
    }
    for (size_t i = 0; i < definition->object.resource_count; i++) {
        lwm2m_definition_item_clear(&definition->resources[i]);
    }
    free(definition->resources);
    free(definition->name);
    free(definition);
}

enum lwm2m_error lwm2m_definition_parse(const char *text, size_t len, struct lwm2m_definition **out,
                                        struct lwm2m_definition_fault *fault)
{
    struct session session = {.xml = XML_ParserCreate(NULL)};
    struct definition_reader *const reader = &session.reader;
    struct lwm2m_definition *definition = calloc(1, sizeof *definition);
    *out = NULL;
    *fault = (struct lwm2m_definition_fault){1, 1, "out of memory"};
    reader->error = session.xml == NULL || definition == NULL ? LWM2M_ENOMEM : LWM2M_OK;
    if (!reader->error) {
        reader->definition = definition;
        reader->fault = fault;
        reader->open[0] = NODE_DOCUMENT;
        definition->object.newest = LWM2M_VERSION(1, 0); /* files of 1.0 need not say so */
        read_all(&session, text, len);
        lwm2m_definition_item_clear(&reader->item);
    }
    if (session.xml != NULL) {
        XML_ParserFree(session.xml);
    }
    if (reader->error) {
        lwm2m_definition_free(definition);
        return reader->error;
    }
    *out = definition;
    *fault = (struct lwm2m_definition_fault){0};
    return LWM2M_OK;
}
