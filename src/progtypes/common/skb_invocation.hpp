// The invocation of program types whose context is __sk_buff. See skb_invocation.cpp.
#pragma once

#include <memory>

#include "progtypes/invocation.hpp"

namespace skep::progtypes {

// Classifiers, actions and lwt_xmit see the packet from its Ethernet header on, others from the network header.
std::unique_ptr<Invocation> make_skb_invocation_from_link_layer();
std::unique_ptr<Invocation> make_skb_invocation_from_network_layer();

}  // namespace skep::progtypes
