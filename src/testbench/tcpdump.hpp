// A packet in the words of tcpdump, which people know, where it is installed. Tested by tests/testbench/test_test.py.
#pragma once

#include <string>

#include "testbench/packet_text.hpp"

namespace skep::testbench {

// What `tcpdump -n` says of it, as it is found by $PATH; without tcpdump, or where that says nothing, packet_summary().
// Takes a process, and waits for it.
std::string packet_words(Bytes packet);

}  // namespace skep::testbench
