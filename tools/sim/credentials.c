#include "tools/sim/credentials.h"

#include "bootstrap/lwm2m/json.h"
#include "tools/sim/file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX_BYTES = 65536 };

struct text {
    char data[FILE_MAX_BYTES];
    size_t len;
};

static bool say(char *fault, size_t capacity, const char *path, const char *what)
{
    snprintf(fault, capacity, "%s: %s", path, what);
    return false;
}

static const char *read_text(const char *path, struct text *text, bool *is_open)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return strerror(errno);
    }
    *is_open = fstat(fd, &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0;
    ssize_t got = 1;
    for (text->len = 0; got > 0 && text->len < sizeof text->data; text->len += (size_t)got) {
        got = read(fd, text->data + text->len, sizeof text->data - text->len);
        if (got < 0) {
            close(fd);
            return strerror(errno);
        }
    }
    close(fd);
    return text->len < sizeof text->data ? NULL : "too large for a credentials file";
}

static bool is_field(const struct lwm2m_json_node *root, const char *name, const char **text,
                     size_t *len)
{
    return lwm2m_json_get_string(root, name, text, len) == LWM2M_OK;
}

static const char *take_identity(const struct lwm2m_json_node *root,
                                 struct sim_credentials *credentials)
{
    const char *text;
    size_t len;
    if (is_field(root, "identity_hex", &text, &len)) {
        bool is_ok = sim_unhex(text, len, credentials->identity, sizeof credentials->identity,
                               &credentials->identity_len);
        return is_ok ? NULL : "\"identity_hex\" is not hexadecimal, or too long";
    }
    if (!is_field(root, "identity", &text, &len)) {
        return "neither \"identity_hex\" nor \"identity\"";
    }
    if (len > sizeof credentials->identity) {
        return "\"identity\" is too long";
    }
    memcpy(credentials->identity, text, len);
    credentials->identity_len = len;
    return NULL;
}

static const char *take_fields(const struct lwm2m_json_node *root,
                               struct sim_credentials *credentials)
{
    const char *text;
    size_t len;
    if (is_field(root, "auth", &text, &len) && strcmp(text, "psk") != 0) {
        return "\"auth\" is not \"psk\", the only one supported";
    }
    if (is_field(root, "endpoint", &text, &len)) {
        if (len > SIM_ENDPOINT_MAX) {
            return "\"endpoint\" is too long";
        }
        memcpy(credentials->endpoint, text, len);
    }
    if (!is_field(root, "psk_hex", &text, &len)) {
        return "no \"psk_hex\"";
    }
    if (!sim_unhex(text, len, credentials->key, sizeof credentials->key, &credentials->key_len) ||
        len == 0) {
        return "\"psk_hex\" is empty, not hexadecimal, or too long";
    }
    return take_identity(root, credentials);
}

static const char *parse(const struct text *text, struct sim_credentials *credentials)
{
    struct lwm2m_json_fault fault;
    struct lwm2m_json_document *document =
        lwm2m_json_parse(text->data, text->len, FILE_MAX_BYTES, &fault);
    if (document == NULL) {
        return "not a JSON document";
    }
    const struct lwm2m_json_node *root = lwm2m_json_root(document);
    const char *wrong = lwm2m_json_kind(root) == LWM2M_JSON_OBJECT ? take_fields(root, credentials)
                                                                   : "not a JSON object";
    lwm2m_json_free(document);
    return wrong;
}

bool sim_credentials_read(const char *path, struct sim_credentials *credentials, char *fault,
                          size_t fault_bytes)
{
    struct text text;
    *credentials = (struct sim_credentials){0};
    const char *wrong = read_text(path, &text, &credentials->is_open);
    if (wrong == NULL) {
        wrong = parse(&text, credentials);
    }
    explicit_bzero(&text, sizeof text);
    if (wrong != NULL) {
        sim_credentials_clear(credentials);
        return say(fault, fault_bytes, path, wrong);
    }
    return true;
}

static const char *take_key(struct text *text, struct sim_credentials *credentials)
{
    size_t begin = 0;
    while (begin < text->len && isspace((unsigned char)text->data[begin])) {
        begin++;
    }
    while (text->len > begin && isspace((unsigned char)text->data[text->len - 1])) {
        text->len--;
    }
    bool is_key = sim_unhex(text->data + begin, text->len - begin, credentials->key,
                            sizeof credentials->key, &credentials->key_len) &&
                  credentials->key_len > 0;
    return is_key ? NULL : "the key is empty, not hexadecimal, or too long";
}

bool sim_credentials_key(const char *identity, const char *key_path,
                         struct sim_credentials *credentials, char *fault, size_t fault_bytes)
{
    struct text text;
    *credentials = (struct sim_credentials){0};
    if (strlen(identity) > sizeof credentials->identity) {
        return say(fault, fault_bytes, "--identity", "too long");
    }
    memcpy(credentials->identity, identity, strlen(identity));
    credentials->identity_len = strlen(identity);
    const char *wrong = read_text(key_path, &text, &credentials->is_open);
    if (wrong == NULL) {
        wrong = take_key(&text, credentials);
    }
    explicit_bzero(&text, sizeof text);
    if (wrong != NULL) {
        sim_credentials_clear(credentials);
        return say(fault, fault_bytes, key_path, wrong);
    }
    return true;
}

void sim_credentials_clear(struct sim_credentials *credentials)
{
    explicit_bzero(credentials, sizeof *credentials);
}
