// Sources of programs: where a file is now that a compiler has named. Tested by tests/testbench/source_file_test.cpp.
#pragma once

#include <string>

namespace skep::api {

// With a `root`: the longest end of the path that is a file below it. Else, or where there is none: the file as it was
// named, as an absolute path if it is there.
std::string find_source(const std::string& name, const std::string& root);

}  // namespace skep::api
