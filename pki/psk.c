#include "pki/psk.h"

#include <string.h>

_Static_assert(PKI_ENDPOINT_MAX <= PKI_IDENTITY_MAX, "an endpoint fits an identity");

enum pki_error pki_psk_mint(struct pki_device *device, size_t len, pki_random *random,
                            void *context)
{
    size_t endpoint_len = strnlen(device->endpoint, PKI_ENDPOINT_MAX);

    if (len < PKI_PSK_MIN || len > PKI_PSK_MAX) {
        return PKI_EINVAL;
    }
    if (device->identity_len == 0) {
        if (endpoint_len == 0) {
            return PKI_EINVAL;
        }
        memcpy(device->identity, device->endpoint, endpoint_len);
        device->identity_len = endpoint_len;
    }
    memset(device->psk, 0, sizeof(device->psk));
    random(context, device->psk, len);
    device->psk_len = len;
    device->auth = PKI_AUTH_PSK;
    return PKI_OK;
}
