#include "tools/imprint/say.h"
#include "tools/imprint/out.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void say(const char *prefix, const char *format, va_list arguments)
{
    char text[1024], safe[2048];
    vsnprintf(text, sizeof text, format, arguments);
    cli_safe(text, strlen(text), safe, sizeof safe);
    fprintf(stderr, "%s%s\n", prefix, safe);
}

enum cli_status cli_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say("imprint: ", format, arguments);
    va_end(arguments);
    return CLI_FAILED;
}

enum cli_status cli_usage(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say("imprint: ", format, arguments);
    va_end(arguments);
    return CLI_USAGE;
}

void cli_note(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say("", format, arguments);
    va_end(arguments);
}

enum cli_status cli_fail_pki(const char *what, enum pki_error code, const struct pki_fault *fault)
{
    const char *text = fault != NULL && fault->text[0] != '\0' ? fault->text : pki_error_text(code);
    bool is_named = strncmp(text, what, strlen(what)) == 0;
    return cli_fail("%s%s%s", is_named ? "" : what, is_named ? "" : ": ", text);
}
