// Two configurations commonly found in guides: in pair A a failed check lowers the priority, in pair B it puts the
// instance into FAULT state.

/** The floating address of pair A. */
export const pairAAddress = "192.168.7.120";

/** The floating address of pair B. */
export const pairBAddress = "192.168.0.99";

/** Renders the configuration of one node of pair A. */
export function renderPairA(node: {
  readonly routerId: string;
  readonly state: "MASTER" | "BACKUP";
  readonly priority: number;
}): string {
  return `global_defs {
    notification_email {
        root@localhost
    }
    notification_email_from keepalived@localhost
    smtp_server 127.0.0.1
    smtp_connect_timeout 30
    router_id ${node.routerId}
    vrrp_mcast_group4 224.0.0.33
}
vrrp_script chk_down {
    script "/etc/keepalived/chk_down.sh"
    interval 1
    weight -15
    fall 2
    rise 1
    user keepalived_script
}
vrrp_instance VI_1 {
    state ${node.state}
    interface ens39
    virtual_router_id 3
    priority ${node.priority}
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass 736w4ib2
    }
    virtual_ipaddress {
        ${pairAAddress}/24 dev ens39
    }
    track_script {
        chk_down
    }
    notify_master "/etc/keepalived/notify.sh master"
    notify_backup "/etc/keepalived/notify.sh backup"
    notify_fault "/etc/keepalived/notify.sh fault"
}
`;
}

const pairBNotifyLines = `    notify_master "/etc/keepalived/mail_send.sh master"
    notify_backup "/etc/keepalived/mail_send.sh backup"
    notify_fault "/etc/keepalived/mail_send.sh fault"
`;

/** Renders the configuration of one node of pair B; `notifyLines` replace the mail scripts. */
export function renderPairB(node: {
  readonly state: "MASTER" | "BACKUP";
  readonly priority: number;
  readonly notifyLines?: string | undefined;
}): string {
  return `! Configuration File for keepalived

vrrp_script chk_nginx {
    script "/etc/keepalived/nginx_check.sh"
    interval 2
    #weight -30
}

vrrp_instance VI_1 {
    state ${node.state}
    interface enp0s3
    priority ${node.priority}
    advert_int 1
    virtual_router_id 99
${node.notifyLines ?? pairBNotifyLines}    authentication {
        auth_type PASS
        auth_pass 221531
    }

    track_script {
        chk_nginx
    }

    virtual_ipaddress {
        ${pairBAddress}
    }
}
`;
}
