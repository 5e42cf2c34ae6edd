// The numbers of VRRP that its packets, sockets and configuration have in common (RFC 9568).

/** 5.1.1.4, 5.1.2.4: the IP protocol number. */
export const IPPROTO_VRRP = 112;

/** 5.1.1.3, 5.1.2.3: the TTL or hop limit of multicast adverts. Routers lower it, so it proves a neighbour. */
export const VRRP_TTL = 255;
