// Devices for human input.
//
// Entries are in the order of their names. Tested by tests/calls/kfuncs_test.cpp.
#include "calls/kfuncs/kfuncs.hpp"

namespace skep::calls::kfunc_tables {
namespace {

constexpr Kfunc entries[] = {
    Kfunc{
        .name = "hid_bpf_allocate_context",
        .flags = call_flag::acquire | call_flag::ret_null | call_flag::sleepable,
        .prog_types = bit(ProgType::struct_ops) | bit(ProgType::syscall),
        .prototype = "struct hid_bpf_ctx *hid_bpf_allocate_context(unsigned int hid_id)",
        .doc = {.summary = "Gets hold of an input device by its number.",
                .details = "A host that plays a device offers it: see skep/host.hpp."},
    },
    Kfunc{
        .name = "hid_bpf_get_data",
        .flags = call_flag::ret_null,
        .prog_types = bit(ProgType::struct_ops),
        .prototype = "__u8 *hid_bpf_get_data(struct hid_bpf_ctx *ctx, unsigned int offset, const size_t rdwr_buf_size)",
        .doc = {.summary = "Gives the address of a part of an event's data.",
                .details = "A host that plays a device offers it: see skep/host.hpp."},
    },
    Kfunc{
        .name = "hid_bpf_hw_output_report",
        .flags = call_flag::sleepable,
        .prog_types = bit(ProgType::struct_ops) | bit(ProgType::syscall),
        .prototype = "int hid_bpf_hw_output_report(struct hid_bpf_ctx *ctx, __u8 *buf, size_t buf__sz)",
        .doc = {.summary = "Sends an output report to an input device.",
                .details = "A host that plays a device offers it: see skep/host.hpp."},
    },
    Kfunc{
        .name = "hid_bpf_hw_request",
        .flags = call_flag::sleepable,
        .prog_types = bit(ProgType::struct_ops) | bit(ProgType::syscall),
        .prototype = "int hid_bpf_hw_request(struct hid_bpf_ctx *ctx, __u8 *buf, size_t buf__sz, enum hid_report_type "
                     "rtype, enum hid_class_request reqtype)",
        .doc = {.summary = "Sends a request to an input device.",
                .details = "A host that plays a device offers it: see skep/host.hpp."},
    },
    Kfunc{
        .name = "hid_bpf_input_report",
        .flags = call_flag::sleepable,
        .prog_types = bit(ProgType::struct_ops) | bit(ProgType::syscall),
        .prototype = "int hid_bpf_input_report(struct hid_bpf_ctx *ctx, enum hid_report_type type, u8 *buf, const "
                     "size_t buf__sz)",
        .doc = {.summary = "Injects an event as if an input device had sent it.",
                .details = "A host that plays a device offers it: see skep/host.hpp."},
    },
    Kfunc{
        .name = "hid_bpf_release_context",
        .flags = call_flag::release | call_flag::sleepable,
        .prog_types = bit(ProgType::struct_ops) | bit(ProgType::syscall),
        .prototype = "void hid_bpf_release_context(struct hid_bpf_ctx *ctx)",
        .doc = {.summary = "Gives up an input device.",
                .details = "A host that plays a device offers it: see skep/host.hpp."},
    },
    Kfunc{
        .name = "hid_bpf_try_input_report",
        .prog_types = bit(ProgType::struct_ops),
        .prototype = "int hid_bpf_try_input_report(struct hid_bpf_ctx *ctx, enum hid_report_type type, u8 *buf, const "
                     "size_t buf__sz)",
        .doc = {.summary = "Injects an event, unless the device is busy.",
                .details = "A host that plays a device offers it: see skep/host.hpp."},
    },
};

}  // namespace

std::span<const Kfunc> hid_kfuncs() {
  return entries;
}

}  // namespace skep::calls::kfunc_tables
