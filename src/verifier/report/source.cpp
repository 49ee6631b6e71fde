// See source.hpp.
#include "verifier/report/source.hpp"

#include <algorithm>

namespace skep::verifier {

SourceLine source_line(const btf::Btf& types, const LineInfo& info) {
  SourceLine source;
  source.info = &info;
  source.line = info.line_col >> 10;
  source.column = info.line_col & 0x3ff;
  source.file = types.string(info.file_name_off);
  if (const auto slash = source.file.rfind('/'); slash != std::string_view::npos) source.file.remove_prefix(slash + 1);
  source.text = types.string(info.line_off);
  return source;
}

SourceLine source_of(const Input& input, std::uint32_t insn) {
  const auto& all = input.line_info;
  const auto after = std::upper_bound(all.begin(), all.end(), insn,
                                      [](std::uint32_t at, const LineInfo& info) { return at < info.insn_off; });
  if (after == all.begin() || !input.btf) return {};
  return source_line(*input.btf, *(after - 1));
}

}  // namespace skep::verifier
