// See engine/llvm/library_use.hpp.
#include "engine/llvm/library_use.hpp"

#include <pthread.h>

#include <atomic>

namespace skep::engine::native {
namespace {

std::atomic<unsigned> users{0};  // threads
std::atomic<bool> lost{false}, ends{false};
std::atomic<std::uint64_t> forks_so_far{0};

void look_in_child() {
  if (users.exchange(0) != 0) lost = true;
  ++forks_so_far;
}

}  // namespace

LibraryUse::LibraryUse() {
  [[maybe_unused]] static const int watched = pthread_atfork(nullptr, nullptr, look_in_child);
  ++users;
}

LibraryUse::~LibraryUse() {
  --users;
  users.notify_all();
}

bool LibraryUse::is_lost() {
  return lost || ends;
}

std::uint64_t LibraryUse::forks() {
  return forks_so_far;
}

void LibraryUse::end() {
  ends = true;
  for (unsigned n = users; n != 0; n = users) users.wait(n);
}

}  // namespace skep::engine::native
