// What tests/conformance/build-corpus has left, for tests that need Linux 7.3's own types.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace skep::test {

// The path of a file of the corpus ($SKEP_CORPUS, by default ~/.cache/skep/corpus), whether it is there or not.
inline std::string corpus_file(const std::string& name) {
  const char* corpus = std::getenv("SKEP_CORPUS");
  const char* home = std::getenv("HOME");
  const std::string directory =
      corpus != nullptr ? corpus : std::string(home != nullptr ? home : "") + "/.cache/skep/corpus";
  return directory + "/" + name;
}

}  // namespace skep::test
