// Execution Context Safety, and what a program may not do at all (Policy). See explain.hpp.
#include "verifier/report/explain.hpp"

namespace skep::verifier::explain {

namespace {

std::string_view way_out(Region region) {
  switch (region) {
    case Region::lock:
      return "Release the BPF spin lock before this operation on every path.";
    case Region::rcu:
      return "Call bpf_rcu_read_unlock() before this operation on every path.";
    case Region::preempt:
      return "Call bpf_preempt_enable() before this operation on every path.";
    case Region::irq:
      return "Restore the saved IRQ state before this operation on every path.";
  }
  return "";
}

std::string_view why_no_sleep(Region region) {
  switch (region) {
    case Region::lock:
      return "code holding a lock";
    case Region::rcu:
      return "RCU read-side critical sections";
    case Region::preempt:
      return "preemption-disabled code";
    case Region::irq:
      return "IRQ-disabled code";
  }
  return "";
}

std::uint32_t depth_of(const Env& env, Region region) {
  return region_depths(*env.state)[static_cast<std::size_t>(region)];
}

// "an active lock region (depth 1)", "3 active non-preemptible regions (depth 3)"
std::string active_phrase(const Env& env, Region region) {
  const std::uint32_t depth = depth_of(env, region);
  if (depth > 1) return fmt::format("{} active {}s (depth {})", depth, region_name(region), depth);
  return fmt::format("an active {} (depth {})", region_name(region), depth);
}

Explanation of_context(std::string_view title, std::string annotation, std::string reason, std::string suggestion) {
  return {.category = "Execution Context Safety",
          .title = std::string(title),
          .reason = std::move(reason),
          .annotation = std::move(annotation),
          .suggestion = std::move(suggestion)};
}

constexpr std::string_view not_allowed_here = "Operation is not allowed in this context";

Explanation of_policy(std::string_view what, std::string_view why, std::string_view suggestion) {
  return {.category = "Policy",
          .title = "Operation is not allowed",
          .reason = fmt::format("The {} is not allowed: {}.", what, why),
          .annotation = fmt::format("policy check failed for {}", what),
          .suggestion = std::string(suggestion)};
}

}  // namespace

Explanation inside_region(const Env& env, Region region, std::string_view what, std::string_view how) {
  Explanation why =
      of_context(not_allowed_here, fmt::format("{} is not allowed before leaving {}", what, region_name(region)),
                 fmt::format("The operation {} cannot be used while this path is still inside {}. Leave the region "
                             "before this operation.",
                             what, active_phrase(env, region)),
                 std::string(how.empty() ? way_out(region) : how));
  why.cause = {Cause::Kind::region, static_cast<std::uint32_t>(region)};
  return why;
}

Explanation may_not_sleep(const Env& env, std::string_view what, std::string_view call, std::string_view function) {
  std::string suggestion =
      fmt::format("Move the {} outside the critical section, or use a non-sleepable {}.", call, function);
  for (const Region region : {Region::rcu, Region::preempt, Region::irq, Region::lock}) {
    if (depth_of(env, region) == 0) continue;
    Explanation why = of_context(
        not_allowed_here, fmt::format("{} is not allowed in {}", what, region_name(region)),
        fmt::format("The operation {} cannot be used in {} because {} cannot call operations that may sleep. This path "
                    "is still inside {}.",
                    what, region_name(region), why_no_sleep(region), active_phrase(env, region)),
        std::move(suggestion));
    why.cause = {Cause::Kind::region, static_cast<std::uint32_t>(region)};
    return why;
  }
  return of_context(not_allowed_here, fmt::format("{} is not allowed in non-sleepable program", what),
                    fmt::format("The operation {} cannot be used in non-sleepable program.", what),
                    std::move(suggestion));
}

Explanation needs_rcu(std::string_view what, bool iterator_in_use) {
  return of_context("Required context is not active", fmt::format("{} requires {}", what, region_name(Region::rcu)),
                    fmt::format("The operation {} requires an active {}, but this path is outside one.", what,
                                region_name(Region::rcu)),
                    fmt::format("{} bpf_rcu_read_lock() and bpf_rcu_read_unlock(), keeping all exit paths balanced.",
                                iterator_in_use ? "Wrap iterator use in" : "Call this kfunc between"));
}

Explanation unmatched_exit(const Env& env, std::string_view what, Region region) {
  const std::string_view name = region_name(region);
  Explanation why = of_context(
      "Unmatched context exit", fmt::format("{} has no matching enter on this path", what),
      fmt::format("The operation {} tries to leave {}, but this path has no active {} to leave. The current depth is "
                  "{}.",
                  what, name, name, depth_of(env, region)),
      fmt::format("Remove the extra {}() call, or ensure this path first enters an {}.", what, name));
  why.cause = {Cause::Kind::region, static_cast<std::uint32_t>(region)};
  return why;
}

Explanation helper_not_allowed(std::string_view label) {
  return of_policy(fmt::format("helper {}", label), "this program type does not allow the helper",
                   "Use a helper allowed for this program type, or move the logic to a compatible program type.");
}

Explanation helper_rejected(std::string_view label) {
  return of_policy(fmt::format("helper {}", label), "the helper-specific policy callback rejected this program",
                   "Use the helper only from an allowed attach point or program configuration.");
}

Explanation kfunc_not_allowed(std::string_view name) {
  return of_policy(fmt::format("kfunc {}", name), "this program cannot call the kfunc",
                   "Use a kfunc allowed for this program type and attach point, or change the program context.");
}

}  // namespace skep::verifier::explain
