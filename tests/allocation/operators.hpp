// Every form of operator new and delete, for a test program that counts allocations or lets them fail: a sanitizer has
// its own of those that a program does not replace, and the pair must match. To be included once in a program, which
// defines allocation_succeeds().
#pragma once

#include <cstdlib>
#include <new>

// Called before each allocation; false: it fails.
bool allocation_succeeds();

namespace skep::test {

inline void* allocate(std::size_t size) {
  return allocation_succeeds() ? std::malloc(size == 0 ? 1 : size) : nullptr;
}
inline void* allocate(std::size_t size, std::align_val_t alignment) {
  const auto to = static_cast<std::size_t>(alignment);
  return allocation_succeeds() ? std::aligned_alloc(to, (size + to - 1) / to * to) : nullptr;
}
inline void* or_throw(void* p) {
  if (p == nullptr) throw std::bad_alloc();
  return p;
}

}  // namespace skep::test

[[gnu::noinline]] void* operator new(std::size_t size) {
  return skep::test::or_throw(skep::test::allocate(size));
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  return skep::test::or_throw(skep::test::allocate(size, alignment));
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return skep::test::allocate(size);
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return skep::test::allocate(size, alignment);
}
[[gnu::noinline]] void* operator new[](std::size_t size) {
  return skep::test::or_throw(skep::test::allocate(size));
}
[[gnu::noinline]] void* operator new[](std::size_t size, std::align_val_t alignment) {
  return skep::test::or_throw(skep::test::allocate(size, alignment));
}
[[gnu::noinline]] void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return skep::test::allocate(size);
}
[[gnu::noinline]] void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return skep::test::allocate(size, alignment);
}
[[gnu::noinline]] void operator delete(void* p) noexcept {
  std::free(p);
}
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}
[[gnu::noinline]] void operator delete(void* p, const std::nothrow_t&) noexcept {
  std::free(p);
}
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept {
  std::free(p);
}
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept {
  std::free(p);
}
[[gnu::noinline]] void operator delete(void* p, std::align_val_t, const std::nothrow_t&) noexcept {
  std::free(p);
}
[[gnu::noinline]] void operator delete[](void* p) noexcept {
  std::free(p);
}
[[gnu::noinline]] void operator delete[](void* p, std::size_t) noexcept {
  std::free(p);
}
[[gnu::noinline]] void operator delete[](void* p, const std::nothrow_t&) noexcept {
  std::free(p);
}
[[gnu::noinline]] void operator delete[](void* p, std::align_val_t) noexcept {
  std::free(p);
}
[[gnu::noinline]] void operator delete[](void* p, std::size_t, std::align_val_t) noexcept {
  std::free(p);
}
[[gnu::noinline]] void operator delete[](void* p, std::align_val_t, const std::nothrow_t&) noexcept {
  std::free(p);
}
