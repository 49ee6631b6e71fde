// What the opaque handles of skep.h are, and how its functions report. Tested by tests/api/c_test.cpp.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include "skep/skep.h"
#include "skep/skep.hpp"

struct skep_kernel {
  std::shared_ptr<skep::Kernel> kernel;
};
struct skep_object {
  skep::Object object;
};
struct skep_program {
  skep::Program program;
};
struct skep_map {
  skep::Map map;
};
struct skep_link {
  skep::Link link;
};
struct skep_ring {
  skep::RingBuffer ring;
};

namespace skep::c {

std::string& error_of_this_thread();

inline int fail(int error, std::string message) {
  error_of_this_thread() = std::move(message);
  return -error;
}
inline int answer(const Status& status) {
  return status ? 0 : fail(status.error(), status.message());
}

// Calls `function`, which answers with a negative errno; nothing is thrown out of it.
template <typename Function>
int protect(Function&& function) noexcept {
  try {
    return function();
  } catch (...) {
    return -ENOMEM;
  }
}

// As far as there is room, with a zero at the end; how long it is.
inline long give_text(const std::string& from, char* text, size_t room) {
  if (text != nullptr && room != 0) {
    const std::size_t size = std::min(from.size(), room - 1);
    std::memcpy(text, from.data(), size);
    text[size] = 0;
  }
  return static_cast<long>(from.size());
}

// A structure of the caller's, which may be of another version: what it does not have is zero.
template <typename T>
T known_part(const T* given) {
  T copy{};
  if (given != nullptr) std::memcpy(static_cast<void*>(&copy), given, std::min(given->size, sizeof copy));
  return copy;
}

template <typename Handle, typename Value>
int hand_out(Handle** out, Result<Value>&& result) {
  if (!result) return answer(result.status());
  *out = std::make_unique<Handle>(Handle{std::move(*result)}).release();
  return 0;
}
template <typename Handle>
void take_back(Handle* handle) {
  const std::unique_ptr<Handle> last(handle);
}

}  // namespace skep::c
