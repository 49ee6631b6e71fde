// See maps/answers.hpp. Types that answer alike share their lists.
#include "maps/answers.hpp"

#include <initializer_list>
#include <span>

namespace skep::maps {
namespace {

constexpr std::string_view bad_flags = "a flag that the operation does not have";

// ---- lookup
constexpr Answer finds[] = {{"lookup", "0", "the value is copied"}, {"lookup", "-EINVAL", bad_flags}};
constexpr Answer finds_none[] = {{"lookup", "-ENOENT", "no element has the key"}};
constexpr Answer names_no_cpu[] = {{"lookup", "-ERANGE", "`BPF_F_CPU` with a CPU that does not exist"},
                                   {"update", "-ERANGE", "`BPF_F_CPU` with a CPU that does not exist"}};
constexpr Answer gives_ids[] = {{"lookup", "0", "the id of what is there"},
                                {"lookup", "-ENOENT", "nothing is there"},
                                {"lookup", "-EINVAL", bad_flags}};
constexpr Answer gives_cookies[] = {{"lookup", "0", "the socket's cookie"},
                                    {"lookup", "-ENOENT", "no socket has the key, or it was closed"},
                                    {"lookup", "-ENOSPC", "values of the map have four bytes"},
                                    {"lookup", "-EINVAL", bad_flags}};
constexpr Answer gives_nothing[] = {{"lookup", "-ENOTSUPP", "what is there is never given"},
                                    {"lookup", "-EINVAL", bad_flags}};

// ---- update
constexpr Answer stores[] = {{"update", "0", "the element is there"},
                             {"update", "-EEXIST", "`BPF_NOEXIST`, and an element has the key"},
                             {"update", "-EINVAL", bad_flags}};
constexpr Answer stores_only_there[] = {{"update", "-ENOENT", "`BPF_EXIST`, and no element has the key"}};
constexpr Answer stores_in_room[] = {{"update", "-E2BIG", "the map is full"},
                                     {"update", "-ENOMEM", "no memory, or the Kernel's limit is reached"}};
constexpr Answer stores_in_range[] = {{"update", "-E2BIG", "the index is beyond the map"}};
constexpr Answer stores_objects[] = {{"update", "0", "it is there"},
                                     {"update", "-EBADF", "the value is no descriptor of what the map holds"},
                                     {"update", "-EINVAL", "any flag, or an object that does not fit"}};

// ---- delete
constexpr Answer erases[] = {{"delete", "0", "the element is gone"}, {"delete", "-ENOENT", "no element has the key"}};
constexpr Answer erases_in_range[] = {{"delete", "-E2BIG", "the index is beyond the map"}};
constexpr Answer erases_any_in_range[] = {{"delete", "0", "nothing is there any more"},
                                          {"delete", "-EINVAL", "the index is beyond the map"}};
constexpr Answer never_erases[] = {{"delete", "-EINVAL", "elements are never deleted"}};

// ---- lookup and delete
constexpr Answer takes[] = {{"take", "0", "the value is copied, and the element gone"},
                            {"take", "-ENOENT", "no element has the key"},
                            {"take", "-EINVAL", bad_flags}};
constexpr Answer never_takes[] = {{"take", "-ENOTSUPP", "the type has no such operation"},
                                  {"take", "-EINVAL", bad_flags}};

// ---- next key
constexpr Answer goes_on[] = {{"next", "0", "a key that has not been visited"},
                              {"next", "-ENOENT", "the key was the last one, or the map is empty"}};

// ---- whole types
constexpr Answer of_tries[] = {{"update", "-ENOSPC", "the map is full"}};
constexpr Answer of_queues[] = {{"lookup", "0", "the first value is copied"},
                                {"lookup", "-ENOENT", "the map is empty"},
                                {"lookup", "-EINVAL", "a key or a flag is given"},
                                {"update", "0", "the value is in"},
                                {"update", "-E2BIG", "the map is full, and the flag is not `BPF_EXIST`"},
                                {"update", "-EINVAL", "a key is given, or another flag"},
                                {"delete", "-EINVAL", "there are no keys"},
                                {"take", "0", "the first value is copied, and gone"},
                                {"take", "-ENOENT", "the map is empty"},
                                {"take", "-EINVAL", "a key or a flag is given"},
                                {"next", "-EINVAL", "there are no keys"}};
constexpr Answer of_blooms[] = {{"lookup", "0", "the value may be in the set"},
                                {"lookup", "-ENOENT", "the value is not in the set"},
                                {"update", "0", "the value is in the set"},
                                {"update", "-EINVAL", "a key, or a flag other than `BPF_ANY`"},
                                {"delete", "-EOPNOTSUPP", "values are never taken out"},
                                {"take", "-EOPNOTSUPP", "values are never taken out"},
                                {"next", "-EOPNOTSUPP", "there are no keys"}};
constexpr Answer of_devices[] = {{"update", "-EINVAL", "there is no such device; the map's rules for programs"},
                                 {"update", "-EOPNOTSUPP", "a program for the entry: not here"}};
constexpr Answer of_cpus[] = {{"update", "-ENODEV", "there is no such CPU"},
                              {"update", "-EOVERFLOW", "a queue of more than 16384 frames"},
                              {"update", "-EOPNOTSUPP", "a program for the entry: not here"}};
constexpr Answer of_sockets[] = {{"update", "-EBADF", "the value is no descriptor"},
                                 {"update", "-ENOTSOCK", "it is one of something else"}};
constexpr Answer of_connections[] = {{"update", "-EOPNOTSUPP", "a socket of another kind, or not in its state"}};
constexpr Answer of_groups[] = {{"update", "-ENOTSUPP", "a socket of neither TCP nor UDP"},
                                {"update", "-EINVAL", "it neither listens nor is bound, or shares no port"},
                                {"update", "-EBUSY", "it is in the map already"}};
constexpr Answer of_xdp[] = {{"lookup", "-EOPNOTSUPP", "what is there is never given"},
                             {"lookup", "-EINVAL", bad_flags},
                             {"update", "-EOPNOTSUPP", "a socket that is none of AF_XDP"},
                             {"update", "-ENOBUFS", "it has no ring to receive in"}};
constexpr Answer of_stacks[] = {{"lookup", "-ENOENT", "no stack has the number"},
                                {"lookup", "-EINVAL", bad_flags},
                                {"update", "-EINVAL", "only programs put stacks in"},
                                {"take", "-ENOENT", "no stack has the number"},
                                {"take", "-EINVAL", bad_flags}};
constexpr Answer of_rings[] = {{"lookup", "-ENOTSUPP", "records are read in the map's memory"},
                               {"lookup", "-EINVAL", bad_flags},
                               {"update", "-ENOTSUPP", "records are written in the map's memory"},
                               {"update", "-EINVAL", bad_flags},
                               {"delete", "-ENOTSUPP", "there are no keys"},
                               {"next", "-ENOTSUPP", "there are no keys"}};
constexpr Answer of_storages[] = {{"lookup", "0", "the owner's value is copied; the key is a descriptor of the owner"},
                                  {"lookup", "-ENOENT", "the owner has none"},
                                  {"lookup", "-EBADF", "the key is no descriptor of an owner"},
                                  {"update", "0", "the owner has the value"},
                                  {"update", "-EEXIST", "`BPF_NOEXIST`, and it has one"},
                                  {"update", "-ENOENT", "`BPF_EXIST`, and it has none"},
                                  {"update", "-EBADF", "the key is no descriptor of an owner"},
                                  {"update", "-EINVAL", bad_flags},
                                  {"delete", "0", "it has none any more"},
                                  {"delete", "-ENOENT", "it had none"},
                                  {"next", "-ENOTSUPP", "owners are not listed"}};
constexpr Answer of_attachments[] = {{"lookup", "-ENOENT", "values belong to attachments, of which there is none"},
                                     {"update", "-ENOENT", "values belong to attachments, of which there is none"},
                                     {"delete", "-EINVAL", "values are never deleted"},
                                     {"next", "-ENOENT", "values belong to attachments, of which there is none"}};

using Part = std::span<const Answer>;
std::vector<Answer> joined(std::initializer_list<Part> parts) {
  std::vector<Answer> all;
  for (const Part& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace

std::vector<Answer> documented_answers(MapType type) {
  switch (type) {
    case MapType::hash:
    case MapType::rhash:
      return joined({finds, finds_none, stores, stores_only_there, stores_in_room, erases, takes, goes_on});
    case MapType::lru_hash:
      return joined({finds, finds_none, stores, stores_only_there, erases, takes, goes_on});
    case MapType::percpu_hash:
      return joined(
          {finds, finds_none, stores, stores_only_there, stores_in_room, names_no_cpu, erases, takes, goes_on});
    case MapType::lru_percpu_hash:
      return joined({finds, finds_none, stores, stores_only_there, names_no_cpu, erases, takes, goes_on});
    case MapType::array:
      return joined({finds, finds_none, stores, stores_in_range, never_erases, never_takes, goes_on});
    case MapType::percpu_array:
      return joined({finds, finds_none, stores, stores_in_range, names_no_cpu, never_erases, never_takes, goes_on});
    case MapType::lpm_trie:
      return joined({finds, finds_none, stores, stores_only_there, of_tries, erases, never_takes, goes_on});
    case MapType::array_of_maps:
    case MapType::prog_array:
      return joined({gives_ids, stores_objects, stores_in_range, erases, erases_in_range, never_takes, goes_on});
    case MapType::hash_of_maps:
      return joined(
          {gives_ids, stores, stores_only_there, stores_in_room, stores_objects, erases, never_takes, goes_on});
    case MapType::perf_event_array:
    case MapType::cgroup_array:
      return joined({gives_nothing, stores_objects, stores_in_range, erases, erases_in_range, never_takes, goes_on});
    case MapType::devmap:
      return joined(
          {finds, finds_none, stores, stores_in_range, of_devices, erases_any_in_range, never_takes, goes_on});
    case MapType::devmap_hash:
      return joined({finds, finds_none, stores, stores_in_room, of_devices, erases, never_takes, goes_on});
    case MapType::cpumap:
      return joined({finds, finds_none, stores, stores_in_range, of_cpus, erases_any_in_range, never_takes, goes_on});
    case MapType::sockmap:
      return joined({gives_cookies, stores, stores_only_there, stores_in_range, of_sockets, of_connections,
                     erases_any_in_range, never_takes, goes_on});
    case MapType::sockhash:
      return joined({gives_cookies, stores, stores_only_there, stores_in_room, of_sockets, of_connections, erases,
                     never_takes, goes_on});
    case MapType::reuseport_sockarray:
      return joined({gives_cookies, stores, stores_only_there, stores_in_range, of_sockets, of_groups, erases,
                     erases_in_range, never_takes, goes_on});
    case MapType::xskmap:
      return joined(
          {stores, stores_only_there, stores_in_range, of_sockets, of_xdp, erases_any_in_range, never_takes, goes_on});
    case MapType::queue:
    case MapType::stack:
      return joined({of_queues});
    case MapType::bloom_filter:
      return joined({of_blooms});
    case MapType::stack_trace:
      return joined({of_stacks, erases, erases_in_range, goes_on});
    case MapType::ringbuf:
    case MapType::user_ringbuf:
      return joined({of_rings, never_takes});
    case MapType::sk_storage:
    case MapType::inode_storage:
    case MapType::task_storage:
    case MapType::cgrp_storage:
      return joined({of_storages});
    case MapType::cgroup_storage:
    case MapType::percpu_cgroup_storage:
      return joined({of_attachments});
    default:
      return {};
  }
}

}  // namespace skep::maps
