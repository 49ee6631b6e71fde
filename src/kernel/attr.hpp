// The structures that the commands of bpf(2) take, as Linux 7.3's `union bpf_attr` lays them out.
//
// One struct a command (the kernel has one union of all); the names are the kernel's. `last_field_end` of a struct is
// where its last field ends. How much of it the release knows that a Kernel answers as is one of its rules, which
// `known` names: what a caller passes beyond that must be zero. Pointers are 64-bit integers on every architecture.
#pragma once

#include <cstddef>
#include <cstdint>

#include "rules/rules.hpp"

namespace skep::attr {

using u32 = std::uint32_t;
using s32 = std::int32_t;
using u64 = std::uint64_t;

struct MapCreate {
  u32 map_type, key_size, value_size, max_entries, map_flags, inner_map_fd, numa_node;
  char map_name[16];
  u32 map_ifindex, btf_fd, btf_key_type_id, btf_value_type_id, btf_vmlinux_value_type_id;
  u64 map_extra;
  s32 value_type_btf_obj_fd, map_token_fd;
  u64 excl_prog_hash;
  u32 excl_prog_hash_size;
  static constexpr std::size_t last_field_end = 92;
  static constexpr auto known = &AttributeSizes::map_create;
};
struct MapElem {
  u32 map_fd;
  u64 key;
  union {
    u64 value, next_key;
  };
  u64 flags;
  static constexpr std::size_t last_field_end = 32;
  static constexpr auto known = &AttributeSizes::map_elem;
};
struct MapBatch {
  u64 in_batch, out_batch, keys, values;
  u32 count, map_fd;
  u64 elem_flags, flags;
  static constexpr std::size_t last_field_end = 56;
  static constexpr auto known = &AttributeSizes::map_batch;
};
struct MapFreeze {
  u32 map_fd;
  static constexpr std::size_t last_field_end = 4;
  static constexpr auto known = &AttributeSizes::map_freeze;
};
struct ProgLoad {
  u32 prog_type, insn_cnt;
  u64 insns, license;
  u32 log_level, log_size;
  u64 log_buf;
  u32 kern_version, prog_flags;
  char prog_name[16];
  u32 prog_ifindex, expected_attach_type, prog_btf_fd, func_info_rec_size;
  u64 func_info;
  u32 func_info_cnt, line_info_rec_size;
  u64 line_info;
  u32 line_info_cnt, attach_btf_id;
  union {
    u32 attach_prog_fd, attach_btf_obj_fd;
  };
  u32 core_relo_cnt;
  u64 fd_array, core_relos;
  u32 core_relo_rec_size, log_true_size;
  s32 prog_token_fd;
  u32 fd_array_cnt;
  u64 signature;
  u32 signature_size;
  s32 keyring_id;
  static constexpr std::size_t last_field_end = 168;
  static constexpr auto known = &AttributeSizes::prog_load;
};
struct Obj {
  u64 pathname;
  u32 bpf_fd, file_flags;
  s32 path_fd;
  static constexpr std::size_t last_field_end = 20;
  static constexpr auto known = &AttributeSizes::obj;
};
struct ProgAttach {
  u32 target_fd, attach_bpf_fd, attach_type, attach_flags, replace_bpf_fd, relative_fd;
  u64 expected_revision;
  static constexpr std::size_t last_field_end = 32;
  static constexpr auto known = &AttributeSizes::prog_attach;
};
struct TestRun {
  u32 prog_fd, retval, data_size_in, data_size_out;
  u64 data_in, data_out;
  u32 repeat, duration, ctx_size_in, ctx_size_out;
  u64 ctx_in, ctx_out;
  u32 flags, cpu, batch_size;
  static constexpr std::size_t last_field_end = 76;
  static constexpr auto known = &AttributeSizes::prog_test_run;
};
struct StreamRead {
  u64 stream_buf;
  u32 stream_buf_len, stream_id, prog_fd;
  static constexpr std::size_t last_field_end = 20;
  static constexpr auto known = &AttributeSizes::prog_stream_read;
};
struct EnableStats {
  u32 type;
  static constexpr std::size_t last_field_end = 4;
  static constexpr auto known = &AttributeSizes::enable_stats;
};
struct GetId {
  u32 start_id, next_id, open_flags;
  s32 fd_by_id_token_fd;
  static constexpr std::size_t last_field_end = 16;
  static constexpr auto known = &AttributeSizes::get_id;
};
struct Info {
  u32 bpf_fd, info_len;
  u64 info;
  static constexpr std::size_t last_field_end = 16;
  static constexpr auto known = &AttributeSizes::info;
};
struct RawTracepoint {
  u64 name;
  u32 prog_fd, : 32;
  u64 cookie;
  static constexpr std::size_t last_field_end = 24;
  static constexpr auto known = &AttributeSizes::raw_tracepoint;
};
struct BtfLoad {
  u64 btf, btf_log_buf;
  u32 btf_size, btf_log_size, btf_log_level, btf_log_true_size, btf_flags;
  s32 btf_token_fd;
  static constexpr std::size_t last_field_end = 40;
  static constexpr auto known = &AttributeSizes::btf_load;
};
struct LinkCreate {
  u32 prog_fd;  // or the map's (struct_ops)
  u32 target_fd, attach_type, flags;
  u64 kind[6];  // by attach type: target_btf_id, cookies, symbols, …
  static constexpr std::size_t last_field_end = 64;
  static constexpr auto known = &AttributeSizes::link_create;
};
struct LinkUpdate {
  u32 link_fd, new_prog_fd, flags, old_prog_fd;
  static constexpr std::size_t last_field_end = 16;
  static constexpr auto known = &AttributeSizes::link_update;
};
struct LinkDetach {
  u32 link_fd;
  static constexpr std::size_t last_field_end = 4;
  static constexpr auto known = &AttributeSizes::link_detach;
};
struct ProgBindMap {
  u32 prog_fd, map_fd, flags;
  static constexpr std::size_t last_field_end = 12;
  static constexpr auto known = &AttributeSizes::prog_bind_map;
};
// The fourth argument of 7.3's bpf(2): the attributes that commands share.
struct Common {
  u64 log_buf;
  u32 log_size, log_level, log_true_size;
};

inline constexpr std::size_t largest = 168;  // of the structures above: 7.3's union bpf_attr

// ---- what OBJ_GET_INFO_BY_FD writes ----
struct ProgInfo {
  u32 type, id;
  std::uint8_t tag[8];
  u32 jited_prog_len, xlated_prog_len;
  u64 jited_prog_insns, xlated_prog_insns, load_time;
  u32 created_by_uid, nr_map_ids;
  u64 map_ids;
  char name[16];
  u32 ifindex, gpl_compatible;
  u64 netns_dev, netns_ino;
  u32 nr_jited_ksyms, nr_jited_func_lens;
  u64 jited_ksyms, jited_func_lens;
  u32 btf_id, func_info_rec_size;
  u64 func_info;
  u32 nr_func_info, nr_line_info;
  u64 line_info, jited_line_info;
  u32 nr_jited_line_info, line_info_rec_size, jited_line_info_rec_size, nr_prog_tags;
  u64 prog_tags, run_time_ns, run_cnt, recursion_misses;
  u32 verified_insns, attach_btf_obj_id, attach_btf_id, : 32;
};
struct MapInfo {
  u32 type, id, key_size, value_size, max_entries, map_flags;
  char name[16];
  u32 ifindex, btf_vmlinux_value_type_id;
  u64 netns_dev, netns_ino;
  u32 btf_id, btf_key_type_id, btf_value_type_id, btf_vmlinux_id;
  u64 map_extra, hash;
  u32 hash_size, : 32;
};
struct BtfInfo {
  u64 btf;
  u32 btf_size, id;
  u64 name;
  u32 name_len, kernel_btf;
};
struct LinkInfo {
  u32 type, id, prog_id, : 32;
  u64 kind[4];
};

}  // namespace skep::attr
