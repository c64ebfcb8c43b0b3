#include "bootstrap/policy/model.h"

bool policy_glob_match(const char *glob, const char *text)
{
    const char *star = NULL; /* the last '*', and where its run ends so far */
    const char *run = text;
    while (*text != '\0') {
        if (*glob == '*') {
            star = glob++;
            run = text;
        } else if (*glob == '?' || *glob == *text) {
            glob++;
            text++;
        } else if (star != NULL) {
            glob = star + 1;
            text = ++run;
        } else {
            return false;
        }
    }
    while (*glob == '*') {
        glob++;
    }
    return *glob == '\0';
}
