// Read-copy-update: readers that never wait, memory that outlives them. A thin layer over liburcu (its bp flavor).
//
// A thread needs no preparation: it is registered when it first reads or retires, and unregistered when it ends.
// Sections nest. A section belongs to a thread; work that goes to sleep, or is put aside and goes on in another thread,
// takes a Hold instead: reclamation (and nothing else) waits for it, so what it saw stays valid and no grace period is
// held up. Tested by tests/rcu/.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>

namespace skep::rcu {

void read_lock();
void read_unlock();

// A read section while it lives; it can be left and entered again, and what was seen before is then gone (but for a
// Hold).
class ReadGuard {
 public:
  ReadGuard() { read_lock(); }
  ~ReadGuard() { leave(); }
  ReadGuard(const ReadGuard&) = delete;
  ReadGuard& operator=(const ReadGuard&) = delete;
  void leave() {
    if (inside_) read_unlock();
    inside_ = false;
  }
  void enter() {
    if (!inside_) read_lock();
    inside_ = true;
  }

 private:
  bool inside_ = true;
};

// Keeps all that the section in which it was taken could see, and whatever is retired while it lives, until it ends; on
// any thread. Work that sleeps more than once keeps its first Hold to its end: one that is taken later does not take
// over what an earlier one kept. Not for hot paths.
class Hold {
 public:
  Hold();
  ~Hold();
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

 private:
  std::uint64_t ticket_;
};

// Calls fn(object) once every section and Hold that may know the object has ended, on a thread of RCU's own. `fn` may
// retire further objects, and may not wait for grace periods. Nobody is refused: without memory it takes from a
// reserve, and when that is used up too, the object stays for good.
void defer(void (*fn)(void*), void* object);

// What is known of one object that waits.
struct Deferred {
  enum class Place : std::uint8_t { allocated, of_reserve, in_object };
  Deferred* next = nullptr;
  void (*fn)(void*) = nullptr;
  void* object = nullptr;
  std::uint64_t newest = 0;  // of those Holds that it waits for
  bool after_holds = false;  // it has waited for them
  Place place = Place::allocated;
};
// The same with room for that in the object itself: nothing is allocated or locked (once start_reclaimer() was called).
void defer(Deferred& room, void (*fn)(void*), void* object);
template <typename T>
concept HasRoom = requires(T& object) {
  { object.while_it_waits } -> std::same_as<Deferred&>;
};

template <typename T>
void retire(T* object) {
  constexpr auto destroy = [](void* p) { std::default_delete<T>()(static_cast<T*>(p)); };
  if (object == nullptr) return;
  if constexpr (HasRoom<T>)
    defer(object->while_it_waits, destroy, object);
  else
    defer(destroy, object);
}
template <typename T>
void retire(std::unique_ptr<T> object) {
  retire(object.release());
}

// Waits until all sections that had begun have ended. Not inside a section, and not in a deferred function.
void synchronize();
// Runs all that was deferred before it, and what those functions deferred in turn, but what a Hold keeps. The same
// limits.
void barrier();

}  // namespace skep::rcu
