// Devices for human input.
//
// Entries are in the order of their names. Tested by tests/calls/kfuncs_test.cpp.
#include "calls/kfuncs/kfuncs.hpp"

namespace skep::calls::impl {
// impl/occasion.cpp
CallFunction hid_bpf_allocate_context, hid_bpf_get_data, hid_bpf_release_context, hid_without_device;
}  // namespace skep::calls::impl

namespace skep::calls::kfunc_tables {
namespace {

constexpr Kfunc entries[] = {
    Kfunc{
        .name = "hid_bpf_allocate_context",
        .flags = call_flag::acquire | call_flag::ret_null | call_flag::sleepable,
        .prog_types = bit(ProgType::struct_ops) | bit(ProgType::syscall),
        .prototype = "struct hid_bpf_ctx *hid_bpf_allocate_context(unsigned int hid_id)",
        .fn = impl::hid_bpf_allocate_context,
        .doc = {.summary = "Gets hold of an input device by its number.",
                .details = "There is no device of any number here: NULL; a host that plays a device offers the call: "
                           "see skep/host.hpp."},
    },
    Kfunc{
        .name = "hid_bpf_get_data",
        .flags = call_flag::ret_null,
        .prog_types = bit(ProgType::struct_ops),
        .prototype = "__u8 *hid_bpf_get_data(struct hid_bpf_ctx *ctx, unsigned int offset, const size_t rdwr_buf_size)",
        .fn = impl::hid_bpf_get_data,
        .doc = {.summary = "Gives the address of a part of an event's data.",
                .details = "The event is the packet that the run is given (`skep run --data-in`). NULL: the part is "
                           "not within it. A host that plays a device may offer the call: see skep/host.hpp."},
    },
    Kfunc{
        .name = "hid_bpf_hw_output_report",
        .flags = call_flag::sleepable,
        .prog_types = bit(ProgType::struct_ops) | bit(ProgType::syscall),
        .prototype = "int hid_bpf_hw_output_report(struct hid_bpf_ctx *ctx, __u8 *buf, size_t buf__sz)",
        .fn = impl::hid_without_device,
        .doc = {.summary = "Sends an output report to an input device.",
                .details = "No device is behind the context here: -ENODEV; a host that plays a device offers the call: "
                           "see skep/host.hpp."},
    },
    Kfunc{
        .name = "hid_bpf_hw_request",
        .flags = call_flag::sleepable,
        .prog_types = bit(ProgType::struct_ops) | bit(ProgType::syscall),
        .prototype = "int hid_bpf_hw_request(struct hid_bpf_ctx *ctx, __u8 *buf, size_t buf__sz, enum hid_report_type "
                     "rtype, enum hid_class_request reqtype)",
        .fn = impl::hid_without_device,
        .doc = {.summary = "Sends a request to an input device.",
                .details = "No device is behind the context here: -ENODEV; a host that plays a device offers the call: "
                           "see skep/host.hpp."},
    },
    Kfunc{
        .name = "hid_bpf_input_report",
        .flags = call_flag::sleepable,
        .prog_types = bit(ProgType::struct_ops) | bit(ProgType::syscall),
        .prototype = "int hid_bpf_input_report(struct hid_bpf_ctx *ctx, enum hid_report_type type, u8 *buf, const "
                     "size_t buf__sz)",
        .fn = impl::hid_without_device,
        .doc = {.summary = "Injects an event as if an input device had sent it.",
                .details = "No device is behind the context here: -ENODEV; a host that plays a device offers the call: "
                           "see skep/host.hpp."},
    },
    Kfunc{
        .name = "hid_bpf_release_context",
        .flags = call_flag::release | call_flag::sleepable,
        .prog_types = bit(ProgType::struct_ops) | bit(ProgType::syscall),
        .prototype = "void hid_bpf_release_context(struct hid_bpf_ctx *ctx)",
        .fn = impl::hid_bpf_release_context,
        .doc = {.summary = "Gives up an input device.",
                .details = "A host that plays a device offers the call: see skep/host.hpp."},
    },
    Kfunc{
        .name = "hid_bpf_try_input_report",
        .prog_types = bit(ProgType::struct_ops),
        .prototype = "int hid_bpf_try_input_report(struct hid_bpf_ctx *ctx, enum hid_report_type type, u8 *buf, const "
                     "size_t buf__sz)",
        .fn = impl::hid_without_device,
        .doc = {.summary = "Injects an event, unless the device is busy.",
                .details = "No device is behind the context here: -ENODEV; a host that plays a device offers the call: "
                           "see skep/host.hpp."},
    },
};

}  // namespace

std::span<const Kfunc> hid_kfuncs() {
  return entries;
}

}  // namespace skep::calls::kfunc_tables
