// Packaged modules whose calls are in no kernel's own types: connection tracking, address translation, tunnels.
//
// Skep has connection tracking's calls in its tables (flags, who may call them); here are only their types, so they are
// verified and not run.
#include "testmod.hpp"

namespace testmod {
namespace {

skep::HostModule conntrack() {
  skep::HostModule module;
  module.name = "nf_conntrack";
  module.types = {
      "struct bpf_ct_opts { s32 netns_id; s32 error; u8 l4proto; u8 dir; u16 ct_zone_id; u8 ct_zone_dir; "
      "u8 reserved[3]; }",
  };
  module.functions = {
      "struct nf_conn___init *bpf_xdp_ct_alloc(struct xdp_md *xdp_ctx, struct bpf_sock_tuple *bpf_tuple, "
      "u32 tuple__sz, struct bpf_ct_opts *opts, u32 opts__sz)",
      "struct nf_conn *bpf_xdp_ct_lookup(struct xdp_md *xdp_ctx, struct bpf_sock_tuple *bpf_tuple, u32 tuple__sz, "
      "struct bpf_ct_opts *opts, u32 opts__sz)",
      "struct nf_conn___init *bpf_skb_ct_alloc(struct __sk_buff *skb_ctx, struct bpf_sock_tuple *bpf_tuple, "
      "u32 tuple__sz, struct bpf_ct_opts *opts, u32 opts__sz)",
      "struct nf_conn *bpf_skb_ct_lookup(struct __sk_buff *skb_ctx, struct bpf_sock_tuple *bpf_tuple, u32 tuple__sz, "
      "struct bpf_ct_opts *opts, u32 opts__sz)",
      "struct nf_conn *bpf_ct_insert_entry(struct nf_conn___init *nfct_i)",
      "void bpf_ct_release(struct nf_conn *nfct)",
      "void bpf_ct_set_timeout(struct nf_conn___init *nfct, u32 timeout)",
      "int bpf_ct_change_timeout(struct nf_conn *nfct, u32 timeout)",
      "int bpf_ct_set_status(const struct nf_conn___init *nfct, u32 status)",
      "int bpf_ct_change_status(struct nf_conn *nfct, u32 status)",
  };
  return module;
}

skep::HostModule address_translation() {
  skep::HostModule module;
  module.name = "nf_nat";
  module.functions = {
      "int bpf_ct_set_nat_info(struct nf_conn___init *nfct, union nf_inet_addr *addr, int port, "
      "enum nf_nat_manip_type manip)",
  };
  return module;
}

skep::HostModule foo_over_udp() {
  skep::HostModule module;
  module.name = "fou";
  module.types = {"struct bpf_fou_encap { __be16 sport; __be16 dport; }",
                  "enum bpf_fou_encap_type { FOU_BPF_ENCAP_FOU, FOU_BPF_ENCAP_GUE }"};
  module.kfuncs = {
      {"int bpf_skb_set_fou_encap(struct __sk_buff *skb_ctx, struct bpf_fou_encap *encap, int type)", 0,
       bit(skep::ProgType::sched_cls)},
      {"int bpf_skb_get_fou_encap(struct __sk_buff *skb_ctx, struct bpf_fou_encap *encap)", 0,
       bit(skep::ProgType::sched_cls)},
  };
  return module;
}

// Congestion controls, whose functions programs call from a table of their own.
skep::HostModule congestion_control(std::string_view name, std::initializer_list<std::string_view> prototypes) {
  skep::HostModule module;
  module.name = name;
  for (const std::string_view prototype : prototypes)
    module.kfuncs.push_back({prototype, 0, bit(skep::ProgType::struct_ops), nullptr});
  return module;
}

}  // namespace

void add_packaged_modules(std::vector<skep::HostModule>& modules) {
  modules.push_back(conntrack());
  modules.push_back(address_translation());
  modules.push_back(foo_over_udp());
  modules.push_back(congestion_control(
      "tcp_bbr", {
                     "void bbr_init(struct sock *sk)",
                     "void bbr_main(struct sock *sk, u32 ack, int flag, const struct rate_sample *rs)",
                     "u32 bbr_sndbuf_expand(struct sock *sk)",
                     "u32 bbr_undo_cwnd(struct sock *sk)",
                     "void bbr_cwnd_event_tx_start(struct sock *sk)",
                     "u32 bbr_ssthresh(struct sock *sk)",
                     "u32 bbr_min_tso_segs(struct sock *sk)",
                     "void bbr_set_state(struct sock *sk, u8 new_state)",
                 }));
  modules.push_back(congestion_control("tcp_dctcp", {
                                                        "void dctcp_init(struct sock *sk)",
                                                        "void dctcp_update_alpha(struct sock *sk, u32 flags)",
                                                        "void dctcp_cwnd_event(struct sock *sk, enum tcp_ca_event ev)",
                                                        "void dctcp_cwnd_event_tx_start(struct sock *sk)",
                                                        "u32 dctcp_ssthresh(struct sock *sk)",
                                                        "u32 dctcp_cwnd_undo(struct sock *sk)",
                                                        "void dctcp_state(struct sock *sk, u8 new_state)",
                                                    }));
}

}  // namespace testmod
