// Calls that work a socket of the kernel. They are verified and not run: no program here may touch the network.
#include "testmod.hpp"

namespace testmod {

void add_socket_calls(skep::HostModule& module) {
  using skep::ProgType;
  constexpr std::uint64_t callers = bit(ProgType::sched_cls) | bit(ProgType::tracing) | bit(ProgType::tracepoint) |
                                    bit(ProgType::raw_tracepoint) | bit(ProgType::perf_event) | bit(ProgType::lsm) |
                                    bit(ProgType::syscall) | bit(ProgType::struct_ops);
  for (const std::string_view prototype : {
           "int bpf_kfunc_init_sock(struct init_sock_args *args)",
           "void bpf_kfunc_close_sock(void)",
           "int bpf_kfunc_call_kernel_connect(struct addr_args *args)",
           "int bpf_kfunc_call_kernel_bind(struct addr_args *args)",
           "int bpf_kfunc_call_kernel_listen(void)",
           "int bpf_kfunc_call_kernel_sendmsg(struct sendmsg_args *args)",
           "int bpf_kfunc_call_sock_sendmsg(struct sendmsg_args *args)",
           "int bpf_kfunc_call_kernel_getsockname(struct addr_args *args)",
           "int bpf_kfunc_call_kernel_getpeername(struct addr_args *args)",
       })
    module.kfuncs.push_back({prototype, skep::host_sleepable, callers, nullptr});
}

}  // namespace testmod
