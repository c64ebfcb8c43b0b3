#include "bootstrap/server/dice.h"

#include "pki/secret.h"

#include <string.h>

void bs_dice_roll(void *context, uint8_t *out, size_t len)
{
    struct bs_dice *dice = context;
    if (len > sizeof dice->octets) {
        pki_secret_random(NULL, out, len);
        return;
    }
    if (len > dice->left) {
        pki_secret_random(NULL, dice->octets, sizeof dice->octets);
        dice->left = sizeof dice->octets;
    }
    uint8_t *from = dice->octets + sizeof dice->octets - dice->left;
    memcpy(out, from, len);
    pki_secret_wipe(from, len);
    dice->left -= len;
}
