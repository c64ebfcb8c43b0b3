/* One line of the control socket: what is taken is bounded and clean, what is refused says why. */
#include "bootstrap/server/control.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bs_control_request request;
    char why[128] = "";
    bool is_good = bs_control_parse((const char *)data, size, &request, why);
    if (is_good != (why[0] == '\0') || memchr(why, '\0', sizeof why) == NULL)
        abort();
    if (is_good && (!request.command[0] || !memchr(request.command, '\0', sizeof request.command) ||
                    !memchr(request.argument, '\0', sizeof request.argument)))
        abort();
    return 0;
}
