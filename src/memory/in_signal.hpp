// Memory for what a program makes in a signal handler: the handler may have interrupted the allocator, or whoever holds
// a lock of ours, so it takes from a reserve by compare-and-swap alone.
//
// A thread says that it is in a handler (SignalScope), as the kernel knows that it is in an NMI; what is called then
// neither allocates, nor waits, nor throws. The reserve is the process's: when it is used up, there is no memory.
// Whoever frees what came from it need not know. Tested by tests/memory/in_signal_test.cpp and
// tests/work/signal_test.cpp.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <utility>

namespace skep::memory {

extern constinit thread_local bool in_signal_handler;

class SignalScope {
 public:
  SignalScope() : before_(std::exchange(in_signal_handler, true)) {}
  ~SignalScope() { in_signal_handler = before_; }
  SignalScope(const SignalScope&) = delete;
  SignalScope& operator=(const SignalScope&) = delete;

 private:
  const bool before_;
};

inline constexpr std::size_t reserve_block = 320;  // bytes; none is larger
inline constexpr std::size_t reserve_blocks = 1024;

// From the reserve. Null: it is used up, or so much is not to be had.
void* take_from_reserve(std::size_t size) noexcept;
std::size_t reserve_taken();  // how many blocks

// Null: there is no memory. In a signal handler of the reserve's.
inline void* allocate_small(std::size_t size) noexcept {
  return in_signal_handler ? take_from_reserve(size) : ::operator new(size, std::nothrow);
}
void free_small(void* block) noexcept;  // null: nothing

// For classes whose objects are also made in signal handlers: what `new` gives is null when there is no memory.
struct Small {
  static void* operator new(std::size_t size) noexcept { return allocate_small(size); }
  static void operator delete(void* block) noexcept { free_small(block); }
};

template <typename T>
struct SmallAllocator {
  using value_type = T;
  void* block;  // the one that it gives; null: the process's memory
  explicit SmallAllocator(void* one) : block(one) {}
  template <typename U>
  explicit SmallAllocator(const SmallAllocator<U>& other) : block(other.block) {}
  T* allocate(std::size_t n) {
    static_assert(sizeof(T) <= reserve_block);
    return static_cast<T*>(block != nullptr ? block : ::operator new(n * sizeof(T)));
  }
  void deallocate(T* object, std::size_t) noexcept { free_small(object); }
  bool operator==(const SmallAllocator&) const = default;
};

// Null in a signal handler for which there is no memory; elsewhere it throws as std::make_shared does.
template <typename T, typename... Arguments>
std::shared_ptr<T> make_small_shared(Arguments&&... arguments) {
  void* const block = in_signal_handler ? take_from_reserve(reserve_block) : nullptr;
  if (in_signal_handler && block == nullptr) return nullptr;
  return std::allocate_shared<T>(SmallAllocator<T>(block), std::forward<Arguments>(arguments)...);
}

}  // namespace skep::memory
