#include "pki/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

static const char *const texts[] = {
    [PKI_OK] = "success",
    [PKI_ENOMEM] = "out of memory",
    [PKI_EINVAL] = "a value is outside its bounds",
    [PKI_ENOTFOUND] = "not found",
    [PKI_EEXISTS] = "it exists already",
    [PKI_EMODE] = "owner or mode is too open",
    [PKI_EKEY] = "wrong key or passphrase",
    [PKI_ECORRUPT] = "the store is damaged",
    [PKI_EVERSION] = "written by a newer version",
    [PKI_EFULL] = "the disk is full",
    [PKI_EREADONLY] = "read-only",
    [PKI_EADDRSPACE] = "the address space is too small for the store's map",
    [PKI_ELIMIT] = "a bound of the store is reached",
    [PKI_EIO] = "system error",
};

const char *pki_error_text(enum pki_error code)
{
    size_t index = (size_t)code;

    return index < sizeof(texts) / sizeof(texts[0]) ? texts[index] : "unknown error";
}

enum pki_error pki_fault_set(struct pki_fault *fault, enum pki_error code, const char *format, ...)
{
    va_list arguments;

    if (fault == NULL) {
        return code;
    }
    fault->code = code;
    va_start(arguments, format);
    vsnprintf(fault->text, sizeof(fault->text), format, arguments);
    va_end(arguments);
    return code;
}

enum pki_error pki_error_from_errno(int code)
{
    switch (code) {
    case 0:
        return PKI_OK;
    case ENOMEM:
        return PKI_ENOMEM;
    case ENOENT:
    case ENOTDIR:
        return PKI_ENOTFOUND;
    case EEXIST:
    case ENOTEMPTY:
        return PKI_EEXISTS;
    case ENOSPC:
    case EDQUOT:
        return PKI_EFULL;
    case EROFS:
    case EACCES:
    case EPERM:
        return PKI_EREADONLY;
    case ELOOP:
        return PKI_EMODE;
    case EMFILE:
    case ENFILE:
        return PKI_ELIMIT;
    default:
        return PKI_EIO;
    }
}
