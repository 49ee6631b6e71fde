// Checks of func_info and line_info. A record may be longer than what we know as long as the rest is zero.
// Tested by tests/btf/prog_info_test.cpp.
#include "btf/prog_info.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace skep::btf {

namespace {

constexpr std::uint32_t max_record_size = 252;

template <typename Record>
CheckedInfo<Record> refuse(int error, std::string message = {}) {
  CheckedInfo<Record> result;
  result.error = error;
  result.message = std::move(message);
  return result;
}

// Copies `count` records; false when one of them says more than Record can hold.
template <typename Record>
bool copy_records(std::span<const std::uint8_t> raw, std::uint32_t record_size, std::uint32_t count,
                  std::vector<Record>& records) {
  records.resize(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto record = raw.subspan(std::size_t{i} * record_size, record_size);
    std::memcpy(&records[i], record.data(), sizeof(Record));
    const auto rest = record.subspan(sizeof(Record));
    if (std::any_of(rest.begin(), rest.end(), [](std::uint8_t b) { return b != 0; })) {
      records.resize(i);
      return false;
    }
  }
  return true;
}

}  // namespace

CheckedInfo<FuncInfo> check_func_info(std::span<const std::uint8_t> raw, std::uint32_t record_size, std::uint32_t count,
                                      const Btf& btf, std::uint32_t insn_count) {
  CheckedInfo<FuncInfo> result;
  if (count == 0) return result;
  if (record_size < sizeof(FuncInfo) || record_size > max_record_size || record_size % 4 != 0)
    return refuse<FuncInfo>(-EINVAL, fmt::format("invalid func info rec size {}", record_size));
  if (count > insn_count)
    return refuse<FuncInfo>(-EINVAL, "number of funcs in func_info doesn't match number of subprogs");
  if (raw.size() / record_size < count) return refuse<FuncInfo>(-EFAULT);
  if (!copy_records(raw, record_size, count, result.records))
    return refuse<FuncInfo>(-E2BIG, "nonzero tailing record in func info");
  std::uint32_t previous = 0;
  for (std::size_t i = 0; i < result.records.size(); ++i) {
    const FuncInfo& info = result.records[i];
    if (i == 0 && info.insn_off != 0)
      return refuse<FuncInfo>(-EINVAL,
                              fmt::format("nonzero insn_off {} for the first func info record", info.insn_off));
    if (i != 0 && info.insn_off <= previous)
      return refuse<FuncInfo>(
          -EINVAL,
          fmt::format("same or smaller insn offset ({}) than previous func info record ({})", info.insn_off, previous));
    previous = info.insn_off;
    if (!btf.valid(info.type) || btf.type(info.type).kind != Kind::func)
      return refuse<FuncInfo>(-EINVAL, fmt::format("invalid type id {} in func info", info.type));
  }
  return result;
}

CheckedInfo<FuncInfo> check_func_info(std::span<const std::uint8_t> raw, std::uint32_t record_size, std::uint32_t count,
                                      const Btf& btf, std::span<const std::uint32_t> subprograms) {
  auto result = check_func_info(raw, record_size, count, btf, static_cast<std::uint32_t>(-1));
  if (result.error != 0 || count == 0) return result;
  if (count != subprograms.size())
    return refuse<FuncInfo>(-EINVAL, "number of funcs in func_info doesn't match number of subprogs");
  for (std::size_t i = 0; i < subprograms.size(); ++i) {
    if (result.records[i].insn_off != subprograms[i])
      return refuse<FuncInfo>(-EINVAL, "func_info BTF section doesn't match subprog layout in BPF program");
  }
  return result;
}

CheckedInfo<LineInfo> check_line_info(std::span<const std::uint8_t> raw, std::uint32_t record_size, std::uint32_t count,
                                      const Btf& btf, std::span<const std::uint8_t> opcodes,
                                      std::span<const std::uint32_t> subprograms) {
  CheckedInfo<LineInfo> result;
  if (count == 0) return result;
  if (count > static_cast<std::uint32_t>(INT32_MAX) / sizeof(LineInfo)) return refuse<LineInfo>(-EINVAL);
  if (record_size < sizeof(LineInfo) || record_size > max_record_size || record_size % 4 != 0)
    return refuse<LineInfo>(-EINVAL);
  if (raw.size() / record_size < count) return refuse<LineInfo>(-EFAULT);
  const bool complete = copy_records(raw, record_size, count, result.records);
  std::uint32_t previous = 0;
  std::size_t subprogram = 0;
  for (std::size_t i = 0; i < result.records.size(); ++i) {
    const LineInfo& line = result.records[i];
    if ((i != 0 && line.insn_off <= previous) || line.insn_off >= opcodes.size())
      return refuse<LineInfo>(-EINVAL, fmt::format("Invalid line_info[{}].insn_off:{} (prev_offset:{} prog->len:{})", i,
                                                   line.insn_off, previous, opcodes.size()));
    if (opcodes[line.insn_off] == 0)
      return refuse<LineInfo>(-EINVAL, fmt::format("Invalid insn code at line_info[{}].insn_off", i));
    if (!btf.checked_string(line.line_off) || !btf.checked_string(line.file_name_off))
      return refuse<LineInfo>(-EINVAL, fmt::format("Invalid line_info[{}].line_off or .file_name_off", i));
    if (subprogram != subprograms.size()) {
      if (line.insn_off == subprograms[subprogram]) {
        ++subprogram;
      } else if (subprograms[subprogram] < line.insn_off) {
        return refuse<LineInfo>(-EINVAL, fmt::format("missing bpf_line_info for func#{}", subprogram));
      }
    }
    previous = line.insn_off;
  }
  if (!complete) return refuse<LineInfo>(-E2BIG, "nonzero tailing record in line_info");
  if (subprogram != subprograms.size())
    return refuse<LineInfo>(-EINVAL, fmt::format("missing bpf_line_info for func#{}", subprogram));
  return result;
}

}  // namespace skep::btf
