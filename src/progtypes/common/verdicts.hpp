// What results of programs are called: families of types share them. Tested by tests/testbench/verdict_test.cpp.
#pragma once

#include "progtypes/progtype.hpp"

namespace skep::progtypes::verdicts {

inline constexpr Verdict xdp[] = {
    {0, "XDP_ABORTED"}, {1, "XDP_DROP"}, {2, "XDP_PASS"}, {3, "XDP_TX"}, {4, "XDP_REDIRECT"},
};
inline constexpr Verdict traffic_control[] = {
    {-1, "TC_ACT_UNSPEC"}, {0, "TC_ACT_OK"},     {1, "TC_ACT_RECLASSIFY"}, {2, "TC_ACT_SHOT"},     {3, "TC_ACT_PIPE"},
    {4, "TC_ACT_STOLEN"},  {5, "TC_ACT_QUEUED"}, {6, "TC_ACT_REPEAT"},     {7, "TC_ACT_REDIRECT"}, {8, "TC_ACT_TRAP"},
};
inline constexpr Verdict lightweight_tunnel[] = {
    {0, "BPF_OK"},
    {2, "BPF_DROP"},
    {7, "BPF_REDIRECT"},
    {128, "BPF_LWT_REROUTE"},
};
inline constexpr Verdict dissector[] = {
    {0, "BPF_OK"},
    {2, "BPF_DROP"},
    {129, "BPF_FLOW_DISSECTOR_CONTINUE"},
};
inline constexpr Verdict socket[] = {
    {0, "SK_DROP"},
    {1, "SK_PASS"},
};
inline constexpr Verdict netfilter[] = {
    {0, "NF_DROP"},
    {1, "NF_ACCEPT"},
};
// The kernel has no names for these.
inline constexpr Verdict cgroup[] = {
    {0, "reject"},
    {1, "allow"},
};

}  // namespace skep::progtypes::verdicts
