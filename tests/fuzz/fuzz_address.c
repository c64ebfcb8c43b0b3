/* Addresses and URIs of listeners and servers: what is taken reads back as the same from its own
 * text. */
#include "bootstrap/coap/address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct cc_address *address)
{
    char text[80];
    struct cc_address again;
    struct sockaddr_storage storage;
    cc_address_text(address, text, sizeof text);
    if (cc_address_parse(text, 1, &again) != CC_OK || !cc_address_equal(address, &again))
        abort();
    socklen_t len = cc_address_to_socket(address, &storage);
    if (len > sizeof storage ||
        !cc_address_from_socket((const struct sockaddr *)&storage, &again) ||
        !cc_address_equal(address, &again))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    struct cc_address address;
    struct cc_uri uri;
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (cc_address_parse(text, CC_PORT_SECURE, &address) == CC_OK)
        check(&address);
    if (cc_uri_parse(text, &uri) == CC_OK)
        check(&uri.address);
    free(text);
    return 0;
}
