// String functions on memory that may fault.
//
// Entries are in the order of their names. Tested by tests/calls/kfuncs_test.cpp.
#include "calls/kfuncs/kfuncs.hpp"

namespace skep::calls::impl {
// impl/strings.cpp
CallFunction bpf_strcasecmp, bpf_strcasestr, bpf_strchr, bpf_strchrnul, bpf_strcmp, bpf_strcspn, bpf_strlen,
    bpf_strncasecmp, bpf_strncasestr, bpf_strnchr, bpf_strnlen, bpf_strnstr, bpf_strrchr, bpf_strspn, bpf_strstr;
// impl/format.cpp
CallFunction bpf_stream_print_stack, bpf_stream_vprintk;
}  // namespace skep::calls::impl

namespace skep::calls::kfunc_tables {
namespace {

constexpr Kfunc entries[] = {
    Kfunc{
        .name = "bpf_strcasecmp",
        .flags = call_flag::any_address,
        .prog_types = everyone,
        .prototype = "int bpf_strcasecmp(const char *s1__ign, const char *s2__ign)",
        .fn = impl::bpf_strcasecmp,
        .doc = {.summary = "Compares two strings, whatever the case of their letters."},
    },
    Kfunc{
        .name = "bpf_strcasestr",
        .flags = call_flag::any_address,
        .prog_types = everyone,
        .prototype = "int bpf_strcasestr(const char *s1__ign, const char *s2__ign)",
        .fn = impl::bpf_strcasestr,
        .doc = {.summary = "Finds a string in another, whatever the case of their letters."},
    },
    Kfunc{
        .name = "bpf_strchr",
        .flags = call_flag::any_address,
        .prog_types = everyone,
        .prototype = "int bpf_strchr(const char *s__ign, char c)",
        .fn = impl::bpf_strchr,
        .doc = {.summary = "Finds the first place of a character in a string."},
    },
    Kfunc{
        .name = "bpf_strchrnul",
        .flags = call_flag::any_address,
        .prog_types = everyone,
        .prototype = "int bpf_strchrnul(const char *s__ign, char c)",
        .fn = impl::bpf_strchrnul,
        .doc = {.summary = "Finds the first place of a character in a string, or the string's end."},
    },
    Kfunc{
        .name = "bpf_strcmp",
        .flags = call_flag::any_address,
        .prog_types = everyone,
        .prototype = "int bpf_strcmp(const char *s1__ign, const char *s2__ign)",
        .fn = impl::bpf_strcmp,
        .doc = {.summary = "Compares two strings."},
    },
    Kfunc{
        .name = "bpf_strcspn",
        .flags = call_flag::any_address,
        .prog_types = everyone,
        .prototype = "int bpf_strcspn(const char *s__ign, const char *reject__ign)",
        .fn = impl::bpf_strcspn,
        .doc = {.summary = "Counts the characters of a string up to the first of some."},
    },
    Kfunc{
        .name = "bpf_stream_print_stack",
        .flags = call_flag::spin_lock_ok | call_flag::implicit_args,
        .prog_types = everyone,
        .prototype = "int bpf_stream_print_stack(int stream_id)",
        .fn = impl::bpf_stream_print_stack,
        .doc = {.summary = "Writes who calls whom to a stream of the program's."},
    },
    Kfunc{
        .name = "bpf_stream_vprintk",
        .flags = call_flag::any_address | call_flag::spin_lock_ok | call_flag::implicit_args,
        .prog_types = everyone,
        .prototype = "int bpf_stream_vprintk(int stream_id, const char *fmt__str, const void *args, u32 len__sz)",
        .fn = impl::bpf_stream_vprintk,
        .doc = {.summary = "Writes text to a stream of the program's."},
    },
    Kfunc{
        .name = "bpf_strlen",
        .flags = call_flag::any_address,
        .prog_types = everyone,
        .prototype = "int bpf_strlen(const char *s__ign)",
        .fn = impl::bpf_strlen,
        .doc = {.summary = "Counts the characters of a string."},
    },
    Kfunc{
        .name = "bpf_strncasecmp",
        .flags = call_flag::any_address,
        .prog_types = everyone,
        .prototype = "int bpf_strncasecmp(const char *s1__ign, const char *s2__ign, size_t len)",
        .fn = impl::bpf_strncasecmp,
        .doc = {.summary = "Compares the first characters of two strings, whatever the case of their letters."},
    },
    Kfunc{
        .name = "bpf_strncasestr",
        .flags = call_flag::any_address,
        .prog_types = everyone,
        .prototype = "int bpf_strncasestr(const char *s1__ign, const char *s2__ign, size_t len)",
        .fn = impl::bpf_strncasestr,
        .doc = {.summary = "Finds a string among the first characters of another, whatever the case of their "
                           "letters."},
    },
    Kfunc{
        .name = "bpf_strnchr",
        .flags = call_flag::any_address,
        .prog_types = everyone,
        .prototype = "int bpf_strnchr(const char *s__ign, size_t count, char c)",
        .fn = impl::bpf_strnchr,
        .doc = {.summary = "Finds the first place of a character among the first of a string."},
    },
    Kfunc{
        .name = "bpf_strnlen",
        .flags = call_flag::any_address,
        .prog_types = everyone,
        .prototype = "int bpf_strnlen(const char *s__ign, size_t count)",
        .fn = impl::bpf_strnlen,
        .doc = {.summary = "Counts the characters of a string, up to a limit."},
    },
    Kfunc{
        .name = "bpf_strnstr",
        .flags = call_flag::any_address,
        .prog_types = everyone,
        .prototype = "int bpf_strnstr(const char *s1__ign, const char *s2__ign, size_t len)",
        .fn = impl::bpf_strnstr,
        .doc = {.summary = "Finds a string among the first characters of another."},
    },
    Kfunc{
        .name = "bpf_strrchr",
        .flags = call_flag::any_address,
        .prog_types = everyone,
        .prototype = "int bpf_strrchr(const char *s__ign, int c)",
        .fn = impl::bpf_strrchr,
        .doc = {.summary = "Finds the last place of a character in a string."},
    },
    Kfunc{
        .name = "bpf_strspn",
        .flags = call_flag::any_address,
        .prog_types = everyone,
        .prototype = "int bpf_strspn(const char *s__ign, const char *accept__ign)",
        .fn = impl::bpf_strspn,
        .doc = {.summary = "Counts the characters of a string that are among some."},
    },
    Kfunc{
        .name = "bpf_strstr",
        .flags = call_flag::any_address,
        .prog_types = everyone,
        .prototype = "int bpf_strstr(const char *s1__ign, const char *s2__ign)",
        .fn = impl::bpf_strstr,
        .doc = {.summary = "Finds a string in another."},
    },
};

}  // namespace

std::span<const Kfunc> string_kfuncs() {
  return entries;
}

}  // namespace skep::calls::kfunc_tables
