// Helpers for strings: conversion, comparison, formatting into a buffer.
//
// Entries are in the order of their numbers. Tested by tests/calls/helpers_test.cpp.
#include "calls/helpers/helpers.hpp"

namespace skep::calls::impl {
// impl/strings.cpp
CallFunction bpf_strtol, bpf_strtoul, bpf_strncmp;
// impl/format.cpp
CallFunction bpf_snprintf;
}  // namespace skep::calls::impl

namespace skep::calls::helper_tables {
namespace {

constexpr Helper entries[] = {
    Helper{
        .id = 105,
        .name = "bpf_strtol",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::const_size},
                  {.kind = ArgKind::anything},
                  {.kind = ArgKind::mem,
                   .flags = arg_flag::fixed_size | arg_flag::uninit | arg_flag::write | arg_flag::aligned,
                   .size = 8}}},
        .since = {5, 2},
        .fn = impl::bpf_strtol,
        .signature = "long bpf_strtol(const char *buf, unsigned long buf_len, u64 flags, long *res)",
        .doc = {.summary = "Converts a string to a signed number.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 106,
        .name = "bpf_strtoul",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::const_size},
                  {.kind = ArgKind::anything},
                  {.kind = ArgKind::mem,
                   .flags = arg_flag::fixed_size | arg_flag::uninit | arg_flag::write | arg_flag::aligned,
                   .size = 8}}},
        .since = {5, 2},
        .fn = impl::bpf_strtoul,
        .signature = "long bpf_strtoul(const char *buf, unsigned long buf_len, u64 flags, unsigned long *res)",
        .doc = {.summary = "Converts a string to an unsigned number.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 165,
        .name = "bpf_snprintf",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::mem, .flags = arg_flag::maybe_null | arg_flag::write},
                  {.kind = ArgKind::const_size_or_zero},
                  {.kind = ArgKind::const_str},
                  {.kind = ArgKind::mem, .flags = arg_flag::maybe_null | arg_flag::rdonly},
                  {.kind = ArgKind::const_size_or_zero}}},
        .flags = call_flag::any_address | call_flag::gpl_only,
        .special = Special::snprintf,
        .since = {5, 13},
        .fn = impl::bpf_snprintf,
        .signature = "long bpf_snprintf(char *str, u32 str_size, const char *fmt, u64 *data, u32 data_len)",
        .doc = {.summary = "Formats a string.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 182,
        .name = "bpf_strncmp",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::const_size},
                  {.kind = ArgKind::const_str}}},
        .since = {5, 17},
        .fn = impl::bpf_strncmp,
        .signature = "long bpf_strncmp(const char *s1, u32 s1_sz, const char *s2)",
        .doc = {.summary = "Compares a string with a constant one.", .example = "calls.bpf.c"},
    },
};

}  // namespace

std::span<const Helper> string_helpers() {
  return entries;
}

}  // namespace skep::calls::helper_tables
