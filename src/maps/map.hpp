// A map: what programs and user space can do with it. One file a map type implements this; a type that holds no
// elements here yet (it can be created, so that programs that name it are verified) refuses its operations with
// -EOPNOTSUPP by name.
//
// Readers are lock-free and run inside an RCU read section, which whoever runs a program or a bpf(2) command holds
// (rcu::ReadGuard). Memory that was reachable is reclaimed after a grace period, so a pointer that a program got from
// lookup stays valid until it leaves its section, whatever happens to the element. Special fields (bpf_wq, bpf_timer,
// kptrs, …) are torn down with the element; user space reads them as zeros and cannot write them. Tested by
// tests/maps/.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "maps/map_info.hpp"
#include "memory/account.hpp"
#include "rules/rules.hpp"

namespace skep::maps {

// MAP_CREATE's attributes, descriptors already resolved. `info.record` is filled in by create().
struct MapAttributes {
  const Rules* rules = &reference_rules();         // read by create() only
  MapInfo info;                                    // type, name, sizes, flags, extra, btf with key and value types
  std::uint32_t cpu_count = 1;                     // of the Kernel
  std::shared_ptr<class Map> inner;                // map-in-map: the template
  const btf::KptrTargets* kptr_targets = nullptr;  // read by create() only; null: no pointers to the kernel's structs
  btf::TypeId struct_ops_type = 0;                 // btf_vmlinux_value_type_id
  // Gives back what a special field of a dying value holds, other than work items and timers (kptrs, lists, task work),
  // and zeroes the field; null: they are left alone. Called inside a read section, perhaps on RCU's thread.
  void (*release_field)(const btf::Field& field, void* address) = nullptr;
  memory::AccountPtr account;   // that pays; null: nobody counts
  std::uint64_t hash_seed = 0;  // where keys come from outside: a random one; 0 gives the same order every time
};

// What a key names while an element is visited; valid inside the RCU section.
struct Element {
  const void* key = nullptr;
  void* value = nullptr;
};

struct MapResult;

// The elements of a bucket as user space sees them: one key after the other, and one value.
struct BucketContent {
  std::vector<std::uint8_t> keys, values;
  std::uint32_t count = 0;
};

class Map {
 public:
  virtual ~Map();
  Map(const Map&) = delete;
  Map& operator=(const Map&) = delete;

  const MapInfo& info() const { return *info_; }
  std::shared_ptr<const MapInfo> shared_info() const { return info_; }

  // ---- for programs: pointers to keys and values in the caller's memory; negative errno or 0 ----
  // The element's value, or null. Per-CPU maps: that CPU's. Map-in-map: a pointer to the inner Map.
  virtual void* lookup(const void* key, unsigned cpu) = 0;
  virtual int update(const void* key, const void* value, std::uint64_t flags, unsigned cpu) = 0;
  virtual int erase(const void* key) = 0;
  virtual int push(const void* value, std::uint64_t flags);
  virtual int pop(void* value);
  virtual int peek(void* value);
  virtual void* lookup_percpu(const void* key, unsigned cpu);
  // Visits elements one at a time, so that a program's callback may run in between: `cursor` starts at 0 and is opaque.
  // False: no more. Arrays give keys 0…n-1.
  virtual bool next_element(std::uint64_t& cursor, Element& element);
  // The key of the element that `value` points into (a callback's second argument). May write to `scratch`.
  virtual const void* key_of(const void* value, std::uint32_t& scratch) const;

  // ---- for user space: as bpf(2) has them; values of user_value_size() bytes ----
  virtual std::uint32_t user_value_size() const;  // per-CPU: all CPUs', rounded up to 8 bytes each
  virtual int user_lookup(const void* key, void* value, std::uint64_t flags);
  virtual int user_update(const void* key, const void* value, std::uint64_t flags);
  virtual int user_delete(const void* key);
  virtual int user_lookup_and_delete(const void* key, void* value, std::uint64_t flags);
  virtual int user_next_key(const void* key, void* next);  // key null: the first
  // What batches of hash maps go by. -ENOSPC: the bucket has more than `most` elements, and nothing was done. With
  // `take` they leave the map. `flags`: as user_lookup.
  virtual std::uint32_t bucket_count() const;
  virtual int read_bucket(std::uint32_t bucket, std::uint32_t most, bool take, std::uint64_t flags,
                          BucketContent& content);
  // Map-in-map, prog array: values are descriptors outside and objects inside; the kernel layer resolves them first.
  virtual int update_object(const void* key, std::shared_ptr<void> object, std::uint64_t flags);
  virtual std::uint32_t object_id(
      const void* key);  // what user space reads there: an inner map's id; programs: see object_at
  virtual std::shared_ptr<void> object_at(const void* key);
  virtual int freeze();  // -ENOTSUPP (524) with a work item in the value
  bool frozen() const { return info_->frozen; }

  // ---- memory ----
  // The area that direct value loads (global data) name, or null.
  virtual void* value_area();
  // mmap of the map's descriptor: a descriptor of shared memory (not owned by the caller) and the offset in it, or a
  // negative errno as mmap gives it.
  virtual int mmap_source(std::uint64_t offset, std::uint64_t length, int protection, int& memory_fd,
                          std::uint64_t& memory_offset);
  // Where user space has mapped it (arenas: programs see the same addresses).
  virtual void mapped_at(std::uint64_t address);

  // ---- life ----
  // References by user space: descriptors, pins. When the last goes, asynchronous work of the map is cancelled
  // (bpf_wq_init then gives -EPERM until somebody gets a new one).
  void get_user_ref();
  void put_user_ref();
  bool has_user_ref() const { return user_refs_.load(std::memory_order_acquire) > 0; }
  // Called once, by the kernel layer, when it enters the map into its tables.
  void set_id(std::uint32_t id);

 protected:
  explicit Map(const MapAttributes& attributes);
  virtual void cancel_all_async();  // what put_user_ref does at the last reference
  std::shared_ptr<MapInfo> info_;
  std::atomic<std::int64_t> user_refs_{0};

 private:
  friend MapResult create(const MapAttributes& attributes);
  memory::Charge charge_;  // of the map itself, without its values
};

struct MapResult {
  int error = 0;
  std::shared_ptr<Map> map;
  std::string message;  // for the kernel's log of refusals: what is not supported, or why
};
// Updates with BPF_F_LOCK take the lock in the value. From a program a contended lock gives -EAGAIN: make the call
// again. (From user space it is waited for.) The lock is the four bytes of the field: 0 free, else held; see
// maps/value_lock.hpp.

// Local storage (of tasks, sockets, inodes, cgroups): values by the address of their owner. User space's keys are
// descriptors; the kernel layer finds the owner and calls these.
class LocalStorage : public Map {
 public:
  // The owner's value; made, from `initial` or as zeros, with `create`. Null: there is none, or no memory.
  virtual void* get(const void* owner, const void* initial, bool create) = 0;
  virtual int store(const void* owner, const void* value, std::uint64_t flags) = 0;
  virtual int remove(const void* owner) = 0;  // also when the owner ends; -ENOENT

 protected:
  using Map::Map;
};

// Checks the attributes as MAP_CREATE of the type does and makes the map.
MapResult create(const MapAttributes& attributes);

// Ring buffer: what programs call. Found by info().type.
class RingBuffer : public Map {
 public:
  virtual void* reserve(std::uint64_t size, std::uint64_t flags) = 0;
  virtual void commit(void* record, std::uint64_t flags, bool discard) = 0;
  virtual int output(const void* data, std::uint64_t size, std::uint64_t flags) = 0;
  virtual std::uint64_t query(std::uint64_t what) = 0;
  // Called, from the program's thread, when a consumer is to be woken. Set by the kernel layer.
  std::function<void()> on_wakeup;
  bool has_data() const { return unread() != 0; }
  virtual std::uint64_t unread() const = 0;

 protected:
  using Map::Map;
};

}  // namespace skep::maps
