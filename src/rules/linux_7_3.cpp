// Linux 7.3: the reference. The whole of tests/conformance/ holds these to that kernel.
#include "rules/tables.hpp"
#include "skep/abi.hpp"

namespace skep::rules_tables {

constinit const Rules linux_7_3 = {
    .release = {7, 3},
    .limits = {.insns = 1'000'000, .insns_walked = 1'000'000, .branches_waiting = 8192, .call_frames = 16},
    .pruning = {.min_jumps = 2,
                .min_insns = 8,
                .min_jumps_in_loop = 20,
                .min_insns_in_loop = 100,
                .max_history = 40,
                .patience = 3,
                .patience_of_forced = 64},
    .instructions = {.sign_extension = true,
                     .may_goto = true,
                     .address_space_cast = true,
                     .ordered_access = true,
                     .indirect_jump = true},
    .explains_refusals = true,
    .private_stacks = true,
    .work_in_tracing = true,
    .may_goto_stack = 16,
    .map_flags = map_flag::rb_overwrite | (map_flag::rb_overwrite - 1),  // it is the last
    .elements_of_a_cpu_by_flag = true,
    .commands = static_cast<std::uint32_t>(Command::prog_assoc_struct_ops) + 1,
    .attach_types = static_cast<std::uint32_t>(AttachType::trace_fsession_multi) + 1,
    .prog_flags = prog_flag::strict_alignment | prog_flag::any_alignment | prog_flag::test_rnd_hi32 |
                  prog_flag::test_state_freq | prog_flag::sleepable | prog_flag::xdp_has_frags |
                  prog_flag::xdp_dev_bound_only | prog_flag::test_reg_invariants | prog_flag::token_fd,
    .log_levels = 15,
    .sizes = {.largest = 168,
              .map_create = 92,
              .map_elem = 32,
              .map_batch = 56,
              .map_freeze = 4,
              .prog_load = 168,
              .prog_attach = 32,
              .prog_test_run = 76,
              .prog_stream_read = 20,
              .prog_bind_map = 12,
              .enable_stats = 4,
              .obj = 20,
              .get_id = 16,
              .info = 16,
              .btf_load = 40,
              .raw_tracepoint = 24,
              .link_create = 64,
              .link_update = 16,
              .link_detach = 4,
              .common = 24,
              .prog_info = 232,
              .map_info = 104,
              .btf_info = 32},
};

}  // namespace skep::rules_tables
