// Sockets: there are none here but the one that a test run gives its packet, so a lookup finds nothing.
// Tested by tests/calls/runtime_test.cpp.
#include "calls/impl/support.hpp"

namespace skep::calls::impl {
namespace {
constexpr CallResult nothing = CallResult::of(0);
}

SKEP_CALL(bpf_sk_lookup_tcp) {
  return nothing;
}
SKEP_CALL(bpf_sk_lookup_udp) {
  return nothing;
}
SKEP_CALL(bpf_skc_lookup_tcp) {
  return nothing;
}
SKEP_CALL(bpf_sk_release) {
  return nothing;
}
// The only sockets that programs get are those of test runs, and they are full ones.
SKEP_CALL(bpf_sk_fullsock) {
  return CallResult::of(r1);
}
SKEP_CALL(bpf_tcp_sock) {
  return nothing;
}
SKEP_CALL(bpf_get_listener_sock) {
  return nothing;
}
SKEP_CALL(bpf_skc_to_tcp_sock) {
  return nothing;
}

}  // namespace skep::calls::impl
