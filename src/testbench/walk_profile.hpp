// Where the verifier's work goes: how many instructions it walked in each line of C, as folded stacks, which flame
// graphs are drawn from. Read off its log of level 2. Tested by tests/testbench/walk_profile_test.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skep::testbench {

// "program;function;file.c:12 text" and how many instructions were walked there. A function that is called stands
// behind the line of the call that was walked last; a line that is not known is its instruction. A log that has lost
// its beginning for lack of room gives what is left.
std::map<std::string, std::uint64_t> fold_walk(const std::string& program, std::string_view log);
// By line, whoever called: the most first.
std::vector<std::pair<std::string, std::uint64_t>> by_line(const std::map<std::string, std::uint64_t>& stacks);
// False: not all could be written.
bool write_stacks(const std::string& path, const std::map<std::string, std::uint64_t>& stacks);
// How many of them there are.
std::uint64_t walked(const std::map<std::string, std::uint64_t>& stacks);

}  // namespace skep::testbench
