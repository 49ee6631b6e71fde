// Helpers that ask about the traced function, and kernel objects that only tracing programs meet.
//
// Entries are in the order of their numbers. Tested by tests/calls/helpers_test.cpp.
#include "calls/helpers/helpers.hpp"

namespace skep::calls::impl {
// impl/arguments.cpp
CallFunction bpf_get_func_arg, bpf_get_func_ret, bpf_get_func_arg_cnt;
// impl/occasion.cpp
CallFunction bpf_override_return, bpf_get_attach_cookie, bpf_get_func_ip;
// impl/observation.cpp
CallFunction bpf_sock_from_file, bpf_task_pt_regs, bpf_find_vma;
// impl/files.cpp
CallFunction bpf_d_path;
}  // namespace skep::calls::impl

namespace skep::calls::helper_tables {
namespace {

constexpr Helper entries[] = {
    Helper{
        .id = 58,
        .name = "bpf_override_return",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx}, {.kind = ArgKind::anything}}},
        .flags = call_flag::gpl_only,
        .since = {4, 16},
        .fn = impl::bpf_override_return,
        .signature = "long bpf_override_return(struct pt_regs *regs, u64 rc)",
        .doc = {.summary = "Makes the probed function return a given value."},
    },
    Helper{
        .id = 147,
        .name = "bpf_d_path",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::btf_id, .btf_type = "path"},
                  {.kind = ArgKind::mem, .flags = arg_flag::uninit | arg_flag::write},
                  {.kind = ArgKind::const_size_or_zero}}},
        .since = {5, 10},
        .fn = impl::bpf_d_path,
        .signature = "long bpf_d_path(const struct path *path, char *buf, u32 sz)",
        .doc = {.summary = "Writes the name of a path."},
    },
    Helper{
        .id = 162,
        .name = "bpf_sock_from_file",
        .ret = RetKind::btf_id,
        .ret_flags = ret_flag::maybe_null,
        .ret_btf_type = "socket",
        .args = {{{.kind = ArgKind::btf_id, .btf_type = "file"}}},
        .since = {5, 11},
        .fn = impl::bpf_sock_from_file,
        .signature = "struct socket *bpf_sock_from_file(struct file *file)",
        .doc = {.summary = "Gives the socket of a file."},
    },
    Helper{
        .id = 173,
        .name = "bpf_get_func_ip",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx}}},
        .flags = call_flag::gpl_only,
        .special = Special::get_func_ip,
        .since = {5, 15},
        .fn = impl::bpf_get_func_ip,
        .signature = "u64 bpf_get_func_ip(void *ctx)",
        .doc = {.summary = "Gives the address of the traced function."},
    },
    Helper{
        .id = 174,
        .name = "bpf_get_attach_cookie",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx}}},
        .since = {5, 15},
        .fn = impl::bpf_get_attach_cookie,
        .signature = "u64 bpf_get_attach_cookie(void *ctx)",
        .doc = {.summary = "Gives the value that user space attached the program with."},
    },
    Helper{
        .id = 175,
        .name = "bpf_task_pt_regs",
        .ret = RetKind::btf_id,
        .ret_btf_type = "pt_regs",
        .args = {{{.kind = ArgKind::btf_id, .btf_type = "task_struct"}}},
        .flags = call_flag::gpl_only,
        .since = {5, 15},
        .fn = impl::bpf_task_pt_regs,
        .signature = "long bpf_task_pt_regs(struct task_struct *task)",
        .doc = {.summary = "Gives the user registers of a task."},
    },
    Helper{
        .id = 180,
        .name = "bpf_find_vma",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::btf_id, .btf_type = "task_struct"},
                  {.kind = ArgKind::anything},
                  {.kind = ArgKind::func},
                  {.kind = ArgKind::stack, .flags = arg_flag::maybe_null},
                  {.kind = ArgKind::anything}}},
        .special = Special::find_vma,
        .since = {5, 17},
        .fn = impl::bpf_find_vma,
        .signature =
            "long bpf_find_vma(struct task_struct *task, u64 addr, void *callback_fn, void *callback_ctx, u64 flags)",
        .doc = {.summary = "Calls a function with the memory area of an address."},
    },
    Helper{
        .id = 183,
        .name = "bpf_get_func_arg",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx},
                  {.kind = ArgKind::anything},
                  {.kind = ArgKind::mem,
                   .flags = arg_flag::fixed_size | arg_flag::uninit | arg_flag::write | arg_flag::aligned,
                   .size = 8}}},
        .special = Special::get_func_arg,
        .since = {5, 17},
        .fn = impl::bpf_get_func_arg,
        .signature = "long bpf_get_func_arg(void *ctx, u32 n, u64 *value)",
        .doc = {.summary = "Reads an argument of the traced function."},
    },
    Helper{
        .id = 184,
        .name = "bpf_get_func_ret",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx},
                  {.kind = ArgKind::mem,
                   .flags = arg_flag::fixed_size | arg_flag::uninit | arg_flag::write | arg_flag::aligned,
                   .size = 8}}},
        .special = Special::get_func_ret,
        .since = {5, 17},
        .fn = impl::bpf_get_func_ret,
        .signature = "long bpf_get_func_ret(void *ctx, u64 *value)",
        .doc = {.summary = "Reads the result of the traced function."},
    },
    Helper{
        .id = 185,
        .name = "bpf_get_func_arg_cnt",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx}}},
        .since = {5, 17},
        .fn = impl::bpf_get_func_arg_cnt,
        .signature = "long bpf_get_func_arg_cnt(void *ctx)",
        .doc = {.summary = "Gives the number of arguments of the traced function."},
    },
};

}  // namespace

std::span<const Helper> tracing_helpers() {
  return entries;
}

}  // namespace skep::calls::helper_tables
